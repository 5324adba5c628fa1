"""An API Gateway (REST and WebSocket) for any Chalice app on this machine, with AWS's limits and errors."""

from infra.local.gateway.events import Api
from infra.local.gateway.functions import load_app
from infra.local.gateway.limits import Limits
from infra.local.gateway.server import Gateway, listen

__all__ = ["Api", "Gateway", "Limits", "listen", "load_app"]
