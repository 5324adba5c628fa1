"""A Python client of Longwire: runs code on its service. Needs nothing but the standard library."""

from longwire_client.api import Longwire
from longwire_client.errors import ServiceError
from longwire_client.session import Session

__all__ = ["Longwire", "ServiceError", "Session"]
