"""Calls the app as API Gateway does; every answer must be as the table of routes says."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import fastjsonschema
from chalice.test import Client

from chalicelib import answers
from chalicelib.routes import ROUTES


@cache
def _checks() -> list[tuple[str, re.Pattern[str], int, Callable[[Any], Any]]]:
    return [
        (
            method,
            re.compile(re.sub(r"{\w+}", "[^/]+", path)),
            route.status,
            fastjsonschema.compile(route.answer),
        )
        for (method, path), route in ROUTES.items()
    ]


_check_error = fastjsonschema.compile({"anyOf": [answers.ERROR, answers.GATEWAYS_ERROR]})


def conforms(method: str, path: str, status: int, answer: Any) -> None:
    """Raises when an answer is not as it is described."""
    for known, pattern, good, check in _checks():
        if known == method and pattern.fullmatch(path.partition("?")[0]):
            if status < 400:
                assert status == good
            (check if status == good else _check_error)(answer)
            return
    raise AssertionError(f"{method} {path} is not in the table")


class Api:
    """The routes, by method and path."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __call__(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        response = self.response(method, path, body, token, **headers)
        answer = json.loads(response.body)
        conforms(method, path, response.status_code, answer)
        return response.status_code, answer

    def response(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> Any:
        sent = {"content-type": "application/json"}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        text = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self._client.http.request(method, path, headers=sent, body=text)
