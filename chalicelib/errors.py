"""Every error that the router answers with, each with its HTTP status."""

from collections.abc import Mapping
from typing import Any, ClassVar


class LongwireError(Exception):
    """Raised when a request cannot be served; `field` names the part of the request that is at fault."""

    status: ClassVar[int] = 500
    headers: Mapping[str, str] = {}

    def __init__(self, text: str, field: str | None = None, **details: Any) -> None:
        super().__init__(text)
        self.text = text
        self.field = field
        self.details: Mapping[str, Any] = details

    def move_inside(self, outer: str) -> None:
        """What is wrong is part of something larger: name the field as whoever sent that knows it."""
        if self.field:
            self.text = self.text.replace(self.field, f"{outer}.{self.field}", 1)
            self.field = f"{outer}.{self.field}"

    def content(self) -> dict[str, Any]:
        """The content of the reply that tells of it, in the shape of a Jupyter error."""
        return {
            "status": "error",
            "ename": type(self).__name__,
            "evalue": self.text,
            "field": self.field,
            "traceback": [],
            **self.details,
        }


class InvalidMessage(LongwireError):
    """Raised when a message or a request body has the wrong shape."""

    status = 400


class MessageTooLarge(LongwireError):
    """Raised when a message is larger than its way allows."""

    status = 413


class OriginNotAllowed(LongwireError):
    """Raised when a page asks whose origin the operator has not allowed."""

    status = 403


class NotAuthorized(LongwireError):
    """Raised when a device's token, an API key or an identity token is missing or wrong."""

    status = 401


class SignInNeeded(NotAuthorized):
    """Raised when the service is for those who have an API key or an identity token, and there is none."""


class DeviceRevoked(NotAuthorized):
    """Raised when the operator has revoked the device; `reason` says why."""

    status = 403


class AgentTooOld(LongwireError):
    """Raised when a device's agent is older than the service takes; `at_least` is the version it asks for."""

    status = 426


class OtherProtocol(LongwireError):
    """Raised when who asks speaks a protocol that this service does not; `spoken` are those that it does."""

    status = 426


class SessionNotFound(LongwireError):
    """Raised when there is no such session, or the token is not its token; which of the two is not told."""

    status = 404


class WatchOnly(LongwireError):
    """Raised when somebody who may only watch a session asks something of it."""

    status = 403


class TooManyWatchers(LongwireError):
    """Raised when as many connections watch a session as may; `at_most` is how many that are."""

    status = 429


class PermalinkNotFound(LongwireError):
    """Raised when no cell is stored under this id."""

    status = 404


class PermalinkTakenDown(LongwireError):
    """Raised when an operator has taken a cell down; `reason` says why."""

    status = 410


class SessionEnded(LongwireError):
    """Raised when the session has ended; `reason` says why."""

    status = 410


class UploadLost(LongwireError):
    """Raised when what a browser has put away for a request cannot be had (any more)."""

    status = 410


class StaleState(LongwireError):
    """Raised when a newer state of the same function was written already; `state` is that one."""

    status = 409


class StaleLease(LongwireError):
    """Raised when a session or a device number is claimed by somebody newer."""

    status = 409


class TooManyRequests(LongwireError):
    """Raised when somebody asks too often, or has as much as he may.

    `retry_after` says in how many seconds he may ask again, `quota` which limit it is, `at_most` how much
    that is.
    """

    status = 429

    def __init__(self, text: str, retry_after: int, quota: str, at_most: int) -> None:
        super().__init__(text, retry_after=retry_after, quota=quota, at_most=at_most)
        self.headers = {"Retry-After": str(retry_after)}


class Busy(LongwireError):
    """Raised when the tables do not keep up; the same request may be sent again."""

    status = 503
