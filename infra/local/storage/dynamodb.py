"""The straight way into moto's DynamoDB: without Flask, and with items written to JSON in one go."""

import base64
import functools
import json
import secrets
from collections.abc import Callable
from typing import Any

import moto.backends
from moto.core import responses
from moto.core.request import Request
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.responses import DynamoHandler
from werkzeug.http import http_date

ITEM_ACTIONS = frozenset(
    ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem")
)


class ServedRequest(Request):
    """A request that a WSGI server received; moto asks for this to know who writes the Date header."""

    from_wsgi_server = True


def apply() -> None:
    """Take moto's per-request look-ups out of its DynamoDB handler, in this process."""
    names = tuple(moto.backends.list_of_moto_modules())
    backends: Any = moto.backends
    core: Any = responses
    handler: Any = DynamoHandler
    backends.list_of_moto_modules = lambda: names
    core.method_names_from_class = functools.cache(core.method_names_from_class)
    core.gen_amzn_requestid_long = _request_id
    handler.serialized = _serialized_of(handler.serialized)


def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer one DynamoDB request as a WSGI app."""
    request = ServedRequest(environ)
    status, headers, body = DynamoHandler.dispatch(request, request.url, dict(request.headers))
    content = body if isinstance(body, bytes) else body.encode()
    fields = {name: str(value) for name, value in headers.items() if name.lower() not in ("status", "date")}
    fields.setdefault("Content-Type", "application/x-amz-json-1.0")
    fields["Content-Length"] = str(len(content))
    fields["Date"] = http_date()
    start_response(f"{int(status)} AWS", list(fields.items()))
    return [content]


def _request_id(headers: dict[str, Any] | None = None) -> str:
    request_id = secrets.token_hex(26).upper()
    if headers is not None:
        headers["x-amzn-requestid"] = request_id
    return request_id


def _serialized_of(serialized: Callable[..., Any]) -> Callable[..., Any]:
    def serialized_items(handler: Any, action_result: Any) -> Any:
        result = action_result.result
        if not isinstance(result, dict) or handler._get_action() not in ITEM_ACTIONS:
            return serialized(handler, action_result)
        present = {key: value for key, value in result.items() if value is not None}
        return 200, dict(handler.response_headers), json.dumps(present, default=_plain, separators=(",", ":"))

    return serialized_items


def _plain(value: Any) -> Any:
    if isinstance(value, DynamoType):
        return value.to_json()
    if isinstance(value, Item):
        return value.attrs
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, set):
        return list(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
