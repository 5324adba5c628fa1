"""The agent's side of the service's HTTP routes for devices (docs/protocol.md, "For devices")."""

import asyncio
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3
from urllib3.util import Retry, Timeout

from chalicelib import PROTOCOL
from device_agent.clock import ServiceClock
from device_agent.errors import AgentError, Gone, Refused, Revoked, RunOver, Superseded, TooOld, Unreachable

Body = dict[str, Any]

# Every one of these routes may be called again: claims, takes and ends are idempotent.
_RETRIES = Retry(
    total=4, backoff_factor=0.2, backoff_jitter=0.2, status_forcelist=[429, 500, 502, 503, 504],
    allowed_methods=None, raise_on_status=False, redirect=0, raise_on_redirect=False,
)  # fmt: skip
_PATIENCE = Timeout(connect=3, read=35)
# A heartbeat that hangs on a dead connection would cost the lease of every session: it gives up soon.
_HEART_PATIENCE = Timeout(connect=3, read=6)
_HEART_RETRIES = Retry(total=0, raise_on_status=False, redirect=0, raise_on_redirect=False)

_BY_NAME = {"DeviceRevoked": Revoked, "AgentTooOld": TooOld, "OtherProtocol": TooOld}


class Router:
    """Calls the service; blocking calls run in threads, connections are kept."""

    def __init__(self, api_url: str) -> None:
        self.url = api_url
        self.clock = ServiceClock()
        self._pool = urllib3.PoolManager(maxsize=32)
        self._headers: dict[str, str] = {"content-type": "application/json"}
        self._device = ""
        # So that the service can tell this process, when it starts again, from a second one.
        self._instance = uuid.uuid4().hex
        # The lease of every session hangs on the heartbeat: it must not wait for a thread behind slow posts.
        self._heart = ThreadPoolExecutor(1, thread_name_prefix="heartbeat")

    def become(self, device_id: str, token: str) -> None:
        """All later calls are this device's."""
        self._device = f"/devices/{device_id}"
        self._headers["authorization"] = f"Bearer {token}"

    def call(
        self,
        path: str,
        body: Body | None,
        retries: Retry = _RETRIES,
        patience: Timeout = _PATIENCE,
    ) -> Body:
        """POST `body`, or GET when there is none, and the answer; blocking.

        :raises Unreachable: no answer came, or it is not this service's.
        :raises Refused: 401, the token is not accepted.
        :raises Revoked, TooOld: the service says so.
        :raises Gone: 404, 409 or 410, the session is not this device's.
        """
        data = None if body is None else json.dumps(body)
        try:
            answer = self._pool.request(
                "GET" if body is None else "POST", self.url + path, body=data, headers=self._headers,
                retries=retries, timeout=patience,
            )  # fmt: skip
        except urllib3.exceptions.HTTPError as error:
            reason = getattr(error, "reason", None) or error
            raise Unreachable(f"{self.url} does not answer: {reason}") from error
        self.clock.learn(answer.headers.get("date", ""))
        content = _content(answer.data)
        if answer.status < 300:
            return content
        raise _error(path, answer.status, content)

    @property
    def skew(self) -> float:
        """By how many seconds this host's clock is ahead of the service's."""
        return self.clock.skew

    async def health(self) -> Body:
        """What the service says of itself; needs no token."""
        return await asyncio.to_thread(self.call, "/health", None)

    async def enrol(self, enrolment_token: str, facts: Body) -> Body:
        body = {"enrolment_token": enrolment_token, "facts": facts, "protocol": PROTOCOL}
        return await asyncio.to_thread(self.call, "/devices", body)

    async def describe(self) -> Body:
        """What the service knows of this device."""
        return await asyncio.to_thread(self.call, self._device, None)

    async def start(self, facts: Body, sandbox: str) -> Body:
        body = {"facts": facts, "sandbox": sandbox, "instance": self._instance, "protocol": PROTOCOL}
        return await asyncio.to_thread(self.call, f"{self._device}/start", body)

    def credentials(self) -> Body:
        """Fresh AWS credentials; blocking, since botocore asks for them from its own threads."""
        return self.call(f"{self._device}/credentials", {})

    async def heartbeat(self, beat: Body) -> Body:
        """:raises Superseded: another process has started as this device.
        :raises RunOver: the service has given this run up.
        """
        loop = asyncio.get_running_loop()
        beat = {**beat, "instance": self._instance, "protocol": PROTOCOL}
        path = f"{self._device}/heartbeat"
        try:
            return await loop.run_in_executor(
                self._heart, self.call, path, beat, _HEART_RETRIES, _HEART_PATIENCE
            )
        except Gone as error:
            raise (RunOver if error.field == "run" else Superseded)(str(error)) from error

    async def claim(self, session_id: str, run: int, take: bool) -> Body:
        """:param take: whether the answer shall have what a first take would give."""
        return await self._session(session_id, "claim", {"run": run, "take": take})

    async def take(self, session_id: str, body: Body) -> Body:
        return await self._session(session_id, "take", body)

    async def end(self, session_id: str, body: Body) -> Body:
        return await self._session(session_id, "end", body)

    async def _session(self, session_id: str, verb: str, body: Body) -> Body:
        return await asyncio.to_thread(self.call, f"{self._device}/sessions/{session_id}/{verb}", body)


def _content(data: bytes) -> Body:
    try:
        content = json.loads(data)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _error(path: str, status: int, content: Body) -> AgentError:
    """What an answer that is no success means, in the service's words."""
    name, words = content.get("ename"), content.get("evalue", "")
    if kind := _BY_NAME.get(str(name)):
        return kind(words)
    if name is None and status in (300, 301, 302, 303, 307, 308, 403, 404):
        return Unreachable(
            f"{path}: {status}, and not in the way of a Longwire service: is the address right?"
        )
    text = f"{path}: {status} {words}"
    if status in (404, 409, 410):
        return Gone(text, content.get("field"))
    return (Refused if status == 401 else AgentError)(text)
