"""One HTTP request as any program makes it: whatever the answer is, it is an answer."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.smoke.errors import SmokeError

SECONDS = 40.0


@dataclass(frozen=True)
class Answer:
    """`headers` by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def request(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """:raises SmokeError: the address is not one of a web server; OSError: nobody answers."""
    if not url.startswith(("http://", "https://")):
        raise SmokeError(f"{url}: must begin with http:// or https://")
    sent = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(sent, timeout=SECONDS) as answer:  # noqa: S310
            return _answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    return Answer(status, {name.lower(): text for name, text in headers.items()}, body)


async def fetch(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """`request` beside what else goes on."""
    return await asyncio.to_thread(request, url, method, headers, body)
