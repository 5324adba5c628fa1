"""The agent's side of the service's HTTP routes for devices (docs/protocol.md, "For devices")."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import urllib3
from urllib3.util import Retry, Timeout

from device_agent.errors import AgentError, Gone, Refused, Superseded, Unreachable

Body = dict[str, Any]

# Every one of these routes may be called again: claims, takes and ends are idempotent.
_RETRIES = Retry(
    total=4, backoff_factor=0.2, backoff_jitter=0.2, status_forcelist=[429, 500, 502, 503, 504],
    allowed_methods=None, raise_on_status=False,
)  # fmt: skip


class Router:
    """Calls the service; blocking calls run in threads, connections are kept."""

    def __init__(self, api_url: str) -> None:
        self._url = api_url
        self._pool = urllib3.PoolManager(maxsize=32, timeout=Timeout(connect=3, read=35), retries=_RETRIES)
        self._headers: dict[str, str] = {"content-type": "application/json"}
        self._device = ""
        # The lease of every session hangs on the heartbeat: it must not wait for a thread behind slow posts.
        self._heart = ThreadPoolExecutor(1, thread_name_prefix="heartbeat")

    def become(self, device_id: str, token: str) -> None:
        """All later calls are this device's."""
        self._device = f"/devices/{device_id}"
        self._headers["authorization"] = f"Bearer {token}"

    def call(self, path: str, body: Body) -> Body:
        """POST and the answer; blocking.

        :raises Unreachable: no answer came.
        :raises Refused: 401, the token is not accepted.
        :raises Gone: 404, 409 or 410, the session is not this device's.
        """
        try:
            answer = self._pool.request(
                "POST", self._url + path, body=json.dumps(body), headers=self._headers
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"{self._url} does not answer: {error}") from error
        try:
            content = json.loads(answer.data)
        except ValueError:
            content = {}
        if not isinstance(content, dict):
            content = {}
        if answer.status < 300:
            return content
        text = f"{path}: {answer.status} {content.get('evalue', '')}"
        if answer.status == 401:
            raise Refused(text)
        if answer.status in (404, 409, 410):
            raise Gone(text)
        raise AgentError(text)

    async def enrol(self, enrolment_token: str, facts: Body) -> Body:
        return await asyncio.to_thread(
            self.call, "/devices", {"enrolment_token": enrolment_token, "facts": facts}
        )

    async def start(self, facts: Body) -> Body:
        return await asyncio.to_thread(self.call, f"{self._device}/start", {"facts": facts})

    def credentials(self) -> Body:
        """Fresh AWS credentials; blocking, since botocore asks for them from its own threads."""
        return self.call(f"{self._device}/credentials", {})

    async def heartbeat(self, run: int, state: str, sessions: int) -> Body:
        """:raises Superseded: a newer run of this device has started."""
        body = {"run": run, "state": state, "sessions": sessions}
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._heart, self.call, f"{self._device}/heartbeat", body)
        except Gone as error:
            raise Superseded(str(error)) from error

    async def claim(self, session_id: str, run: int) -> Body:
        return await self._session(session_id, "claim", {"run": run})

    async def take(self, session_id: str, body: Body) -> Body:
        return await self._session(session_id, "take", body)

    async def end(self, session_id: str, body: Body) -> Body:
        return await self._session(session_id, "end", body)

    async def _session(self, session_id: str, verb: str, body: Body) -> Body:
        return await asyncio.to_thread(self.call, f"{self._device}/sessions/{session_id}/{verb}", body)
