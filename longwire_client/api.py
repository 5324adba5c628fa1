"""The service by its HTTP routes: one call that runs code, and sessions that stream."""

import http.client
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

from longwire_client.errors import ServiceError
from longwire_client.session import Message, Session

DEFAULT_URL = "http://127.0.0.1:8765/api"
"""Where `make run` has it."""
SECONDS = 40.0
"""Longer than API Gateway lets any answer take."""


class Longwire:
    """A service at `url`, the address of its API; `key` is an API key, if one was given."""

    def __init__(self, url: str = DEFAULT_URL, key: str | None = None) -> None:
        self._url = url.rstrip("/")
        if not self._url.startswith(("http://", "https://")):
            raise ServiceError(0, "InvalidAddress", f"{url}: must begin with http:// or https://")
        self._keys = {"X-Api-Key": key} if key else {}

    def evaluate(self, code: str, **terms: Any) -> dict[str, Any]:
        """What came of the code, all at once, within the time limit (docs/service.md)."""
        return self.call("POST", "/service", {"code": code, **terms}, self._keys)

    def start(self, code: str, **terms: Any) -> Session:
        """A session that runs the code; its messages stream."""
        request = message("execute_request", "shell", {"code": code, "allow_stdin": True})
        made = self.call("POST", "/sessions", {"request": request, **terms}, self._keys)
        return Session(self.call, made["session"], made["token"], request["header"]["msg_id"])

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """One request by its path, or by the whole address that the service gave.

        :raises ServiceError: it was refused, or the service not reached.
        """
        data = None if body is None else json.dumps(body).encode()
        address = path if path.startswith(("http://", "https://")) else self._url + path
        sent = urllib.request.Request(  # noqa: S310 - the scheme was checked
            address, data, {"Content-Type": "application/json", **(headers or {})}, method=method
        )
        try:
            with urllib.request.urlopen(sent, timeout=SECONDS) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ServiceError(0, type(error).__name__, f"{address}: {reason}") from error


def message(msg_type: str, channel: str, content: dict[str, Any]) -> Message:
    """A Jupyter message, as the service takes it."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": msg_type}
    return {"header": header, "content": content, "channel": channel}


def _refusal(error: urllib.error.HTTPError) -> ServiceError:
    try:
        told = json.load(error)
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    text = told.get("evalue") or told.get("Message") or told.get("message") or error.reason
    return ServiceError(error.code, str(told.get("ename", "")), str(text))
