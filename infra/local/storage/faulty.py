"""Faults of DynamoDB, S3 and STS, around the WSGI app of the storage process."""

import io
import json
import re
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from infra.local.faults.answers import ANSWERS
from infra.local.faults.fault import CONTROL_PATH, Fault, Faults, control

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
DYNAMODB = "DynamoDB_20120810."
S3_OPERATIONS = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}


@dataclass(frozen=True)
class Call:
    """What a request asks for; `targets` are tables or a bucket."""

    service: str
    operation: str
    targets: tuple[str, ...]


class Faulty:
    """A WSGI app that lets calls go wrong on their way to another."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._faults = Faults()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == CONTROL_PATH:
            return self._control(environ, start_response)
        if not self._faults.any or environ.get("PATH_INFO", "").startswith("/_local/"):
            return self._app(environ, start_response)
        body = _body(environ)
        call = read_call(environ, body)
        fault = self._faults.meet(call.service, call.operation, call.targets)
        environ["wsgi.input"] = io.BytesIO(body)
        if fault is None:
            return self._app(environ, start_response)
        return self._serve(fault, environ, body, start_response)

    def _serve(
        self, fault: Fault, environ: Environ, body: bytes, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if fault.kind == "twice" or (fault.has_effect and fault.kind != "late"):
            list(self._app(environ, lambda *_: None))
            environ["wsgi.input"] = io.BytesIO(body)
        if fault.kind == "twice":
            return self._app(environ, start_response)
        if fault.kind == "late":
            answer = list(self._app(environ, start_response))
            time.sleep(fault.delay)
            return answer
        if fault.kind == "cut":
            # waitress has no other way to its socket; botocore takes a body that is cut short as a success.
            environ["waitress.client_disconnected"].__self__.socket.shutdown(socket.SHUT_RDWR)
            start_response("500 Cut", [])
            return []
        said = ANSWERS[fault.service, fault.kind]
        start_response(f"{said.status} AWS", list(said.fields.items()))
        return [said.body]

    def _control(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, origin = environ["REQUEST_METHOD"], environ.get("HTTP_ORIGIN")
        status, text = control(self._faults, method, origin, _body(environ))
        start_response(f"{status} Control", [("Content-Type", "application/json")])
        return [text.encode()]


def _body(environ: Environ) -> bytes:
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return content


def read_call(environ: Environ, body: bytes) -> Call:
    """What a request to the storage process asks for."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target.startswith(DYNAMODB):
        return Call("dynamodb", target.removeprefix(DYNAMODB), _tables(body))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return Call("sts", parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0], ("",))
    bucket, _, key = environ.get("PATH_INFO", "").lstrip("/").partition("/")
    operation = S3_OPERATIONS.get(environ["REQUEST_METHOD"], "") if key else "Bucket"
    return Call("s3", operation, (bucket,))


def _tables(body: bytes) -> tuple[str, ...]:
    content = json.loads(body or b"{}")
    if "TableName" in content:
        return (content["TableName"],)
    if "RequestItems" in content:
        return tuple(content["RequestItems"])
    return tuple(re.findall(r'"TableName"\s*:\s*"([^"]+)"', body.decode("utf-8", "replace"))) or ("",)
