"""Which pages may talk to the service. Whoever sends no Origin is no page."""

from chalicelib.errors import OriginNotAllowed
from chalicelib.settings import Settings


def check(settings: Settings, origin: str | None) -> None:
    """Browsers tell the origin of a page with every websocket and every request to another origin (RFC 6454).

    :raises OriginNotAllowed: the page's origin is not among those that the operator allows.
    """
    allowed = settings.allowed_origins
    if origin is not None and "*" not in allowed and origin not in allowed:
        raise OriginNotAllowed(f"pages of {origin} may not use this service", "origin")
