"""One session: its messages as they come, and what can be asked of it meanwhile."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from longwire_client.errors import ServiceError

Message = dict[str, Any]
Call = Callable[..., dict[str, Any]]

WAIT = 20
"""Seconds that the service holds a question open while there is nothing new."""
TRIES = 5


class Session:
    """A session that runs one request; `after` is the sequence of the last message that was read."""

    def __init__(self, call: Call, session_id: str, token: str, msg_id: str) -> None:
        self._call = call
        self._headers = {"Authorization": f"Bearer {token}"}
        self._path = f"/sessions/{session_id}"
        self._msg_id = msg_id
        self.session_id = session_id
        self.token = token
        self.after = 0

    def messages(self) -> Iterator[Message]:
        """What the session sends, in order, until its request is done or the session is over.

        May be called again after an interruption: it goes on behind the last message that it gave.

        :raises ServiceError: the service was not reached, several times in a row.
        """
        while True:
            found = self._read()
            for message in found["messages"]:
                self.after = message["sequence"]
                yield self._whole(message)
                if self._is_last(message):
                    return
            if not found["messages"] and found["session_status"] in ("ended", "lost"):
                return

    def _read(self) -> dict[str, Any]:
        """A question that is lost is asked again: nothing is lost by that, the buffer is the truth."""
        for tries in range(1, TRIES + 1):
            try:
                path = f"{self._path}/messages?after={self.after}&wait={WAIT}"
                return self._call("GET", path, headers=self._headers)
            except ServiceError as error:
                if not error.passes or tries == TRIES:
                    raise
                time.sleep(tries)
        raise AssertionError

    def _whole(self, message: Message) -> Message:
        """What is too large for a websocket is behind a link."""
        payload = message["metadata"].get("payload")
        return {**message, **self._call("GET", payload["url"])} if payload else message

    def _is_last(self, message: Message) -> bool:
        if message["content"].get("execution_state") != "idle":
            return False
        return bool(message["parent_header"].get("msg_id") == self._msg_id)

    def reply(self, value: str) -> None:
        """Answer what the program asks for by `input`."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "input_reply"}
        answer = {"header": header, "content": {"value": value}, "channel": "stdin"}
        self._call("POST", f"{self._path}/messages", answer, self._headers)

    def interrupt(self) -> None:
        """As Ctrl+C does."""
        self._call("POST", f"{self._path}/interrupt", headers=self._headers)

    def end(self) -> None:
        """End the session, if it has not ended by itself."""
        try:
            self._call("DELETE", self._path, headers=self._headers)
        except ServiceError as error:
            if error.status not in (404, 410):
                raise
