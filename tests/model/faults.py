"""What goes wrong on purpose, one call at a time: AWS calls, posts, and invocations that end in mid-way."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from chalicelib.clients import Clients
from tests.contract.world import GoneException, Sockets

THROTTLED = ("ProvisionedThroughputExceededException", 400)
FAILED = ("InternalServerError", 500)
CALL_FAULTS = ("call throttled", "call failed", "call failed after it was done")
POST_FAULTS = ("post failed", "post failed after it arrived")
_OWN = ("ReceiveMessage", "DeleteMessage")
"""How the model itself looks into queues."""
TIMED_OUT = "invocation timed out after a call"


class TimedOut(BaseException):
    """Ends an invocation where it is, as Lambda does: nothing of it runs any more."""


class Faults:
    """Armed one by one; `met` counts those that something ran into."""

    def __init__(self, aws: Clients) -> None:
        self.met: Counter[str] = Counter()
        self._armed: dict[str, int] = {}
        self._is_invoked = False
        self._clients = (aws.dynamodb, aws.sqs)
        for client in self._clients:
            client.meta.events.register("before-call", self._before)
            client.meta.events.register("after-call", self._after)

    def close(self) -> None:
        for client in self._clients:
            client.meta.events.unregister("before-call", self._before)
            client.meta.events.unregister("after-call", self._after)

    def arm(self, kind: str, skips: int = 0) -> None:
        """The next call of its kind that can meet it does, after `skips` that do not."""
        self._armed[kind] = skips

    def disarm(self) -> None:
        self._armed.clear()

    def meets(self, kind: str) -> bool:
        skips = self._armed.get(kind)
        if skips is None:
            return False
        if skips:
            self._armed[kind] -= 1
            return False
        del self._armed[kind]
        self.met[kind] += 1
        return True

    @contextlib.contextmanager
    def invocation(self) -> Iterator[None]:
        """What is called meanwhile is the router, in Lambda."""
        self._is_invoked = True
        try:
            yield
        finally:
            self._is_invoked = False

    def _before(self, model: Any, **_: Any) -> Any:
        if model.name in _OWN:
            return None
        for kind, (code, status) in zip(CALL_FAULTS, (THROTTLED, FAILED), strict=False):
            if self.meets(kind):
                return AWSResponse("", status, {}, None), _error(code, status)
        return None

    def _after(self, model: Any, http_response: AWSResponse, parsed: dict[str, Any], **_: Any) -> None:
        if http_response.status_code >= 300 or model.name in _OWN:
            return
        if self._is_invoked and self.meets(TIMED_OUT):
            raise TimedOut
        if self.meets(CALL_FAULTS[2]):
            http_response.status_code = 500
            parsed.clear()
            parsed.update(_error(*FAILED))


def _error(code: str, status: int) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": "on purpose"}, "ResponseMetadata": {"HTTPStatusCode": status}}


class FaultySockets(Sockets):
    """Websockets whose posts fail, before or after they arrived."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(Counter())
        self._faults = faults

    def post_to_connection(self, ConnectionId: str, Data: bytes) -> None:  # noqa: N803
        if ConnectionId in self.gone:
            raise GoneException
        if self._faults.meets(POST_FAULTS[0]):
            raise ClientError(_error(*FAILED), "PostToConnection")
        super().post_to_connection(ConnectionId, Data)
        if self._faults.meets(POST_FAULTS[1]):
            raise ClientError(_error(*FAILED), "PostToConnection")
