"""Requests as they come in: JSON within limits, each checked against its type's schema (docs/protocol.md)."""

import base64
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast

import fastjsonschema

from chalicelib.errors import InvalidMessage, LongwireError, MessageTooLarge
from chalicelib.messages import Header, Message, make, now
from chalicelib.schemas import PUT_AWAY, REQUESTS, schema

MAX_WEBSOCKET_BYTES = 24 * 1024
"""What a browser may send in a frame: API Gateway closes the connection on frames over 32 KB."""
MAX_REQUEST_BYTES = 256 * 1024
"""What a request may have in all: it must fit a DynamoDB item (400 KB) beside its keys."""
MAX_DEPTH = 100
"""How deep JSON may be nested: every JSON parser on the way has to take it, too."""
_NESTS = (dict, list)
_PARTS = ("parent_header", "metadata", "content", "buffers", "channel")


@cache
def _validator(msg_type: str, is_put_away: bool = False) -> Callable[[Any], Any]:
    """The compiled schema, kept: powertools' `validate` compiles at every call (10 ms against 30 µs)."""
    compiled = fastjsonschema.compile(schema(msg_type, is_put_away), use_default=False)
    return cast(Callable[[Any], Any], compiled)


def check(validate: Callable[[Any], Any], value: Any) -> None:
    """:raises InvalidMessage: names the field that does not fit."""
    try:
        validate(value)
    except fastjsonschema.JsonSchemaValueException as error:
        field = ".".join(str(part) for part in error.path[1:]) or "body"
        reason = (error.message or "").removeprefix(error.name or "").strip()
        raise InvalidMessage(f"{field}: {reason[:300]}", field) from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _number(text: str) -> int | float:
    """JSON has one kind of number: 1.0 is the integer 1, as far as a double has integers."""
    value = float(text)
    return int(value) if abs(value) <= 2**53 and value.is_integer() else value


def is_deep(value: Any) -> bool:
    """Whether JSON is nested more than MAX_DEPTH deep; found out level by level, without recursion."""
    level = [value] if isinstance(value, _NESTS) else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _NESTS)
        ]
        if not level:
            return False
    return True


def parse_json(text: str | bytes | None, limit: int) -> Any:
    """JSON of at most `limit` bytes.

    :raises MessageTooLarge: it has more bytes.
    :raises InvalidMessage: it is not JSON, or nested too deep.
    """
    raw = text.encode(errors="surrogatepass") if isinstance(text, str) else text or b""
    if len(raw) > limit:
        raise MessageTooLarge(f"body: has {len(raw)} bytes, more than {limit}", "body")
    try:
        value = json.loads(raw, parse_constant=_refuse, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage(f"body: is not JSON ({str(error)[:100]})", "body") from None
    if is_deep(value):
        raise InvalidMessage(f"body: is nested more than {MAX_DEPTH} deep", "body")
    return value


def parse(text: str | bytes | None, limit: int = MAX_WEBSOCKET_BYTES) -> Message:
    """The request in a frame or a body of at most `limit` bytes, complete and valid."""
    return validated(parse_json(text, limit))


def validated(raw: Any) -> Message:
    """The request, checked against its type's schema, with the optional parts filled in.

    :raises InvalidMessage: names the field that does not fit.
    """
    if not isinstance(raw, dict):
        raise InvalidMessage("body: must be a JSON object", "body")
    header = raw.get("header")
    msg_type = header.get("msg_type") if isinstance(header, dict) else None
    if not isinstance(msg_type, str) or msg_type not in REQUESTS:
        raise InvalidMessage(f"header.msg_type: must be one of {', '.join(REQUESTS)}", "header.msg_type")
    is_put_away = isinstance(raw.get("metadata"), dict) and "payload" in raw["metadata"]
    if is_put_away and msg_type not in PUT_AWAY:
        raise InvalidMessage(f"metadata.payload: a {msg_type} has none, send less", "metadata.payload")
    _check_request(raw, is_put_away)
    full = {"session": "", "username": "", "date": now(), "version": "5.4", **known_header(raw["header"])}
    known = {name: raw[name] for name in _PARTS if name in raw}
    message = {"parent_header": {}, "metadata": {}, "buffers": [], **known, "header": full}
    if size_of(message) > MAX_REQUEST_BYTES:
        raise MessageTooLarge(f"content: is larger than {MAX_REQUEST_BYTES} bytes", "content")
    return cast(Message, message)


def _check_request(message: Mapping[str, Any], is_put_away: bool = False) -> None:
    check(_validator(message["header"]["msg_type"], is_put_away), message)
    if "interact" in message.get("metadata", {}) and message["content"].get("code"):
        # Another language's kernel would run it, and nobody has counted it.
        raise InvalidMessage("content.code: must be empty in a change of controls", "content.code")


def known_header(header: Mapping[str, Any]) -> dict[str, Any]:
    """What Jupyter has in a header, and no more: ipykernel cannot print for a parent that has an object."""
    return {name: header[name] for name in Header.__annotations__ if name in header}


def completed(message: Message) -> Message:
    """A message whose content is here after it was put away: as valid as any, of whatever size.

    :raises InvalidMessage: names the field that does not fit.
    """
    # The schema's pattern for base64 would take 30 times the memory of the text that it looks at.
    _check_request({**message, "buffers": []})
    for number, text in enumerate(message["buffers"]):
        try:
            base64.b64decode(text, validate=True)
        except ValueError:
            raise InvalidMessage(f"buffers.{number}: must be base64", f"buffers.{number}") from None
    size_of(message)
    return message


def size_of(value: Any, field: str = "content") -> int:
    """Bytes of JSON in UTF-8.

    :raises InvalidMessage: it has half of an emoji, say, which nothing could be sent.
    """
    try:
        return len(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise InvalidMessage(f"{field}: has a lone surrogate, which is no character", field) from None


def error_reply(text: str | None, error: LongwireError) -> Message:
    """The answer to a message that was refused, on the channel that it came by, as far as it can be read."""
    try:
        raw = parse_json(text, MAX_REQUEST_BYTES)
        header = dict(raw["header"])
        channel = raw.get("channel")
    except (LongwireError, ValueError, KeyError, TypeError):
        header, channel = {}, "control"
    msg_type = header.get("msg_type")
    if msg_type == "hello":
        reply = "hello_reply"
    elif isinstance(msg_type, str) and msg_type in REQUESTS and msg_type.endswith("_request"):
        reply = msg_type.removesuffix("_request") + "_reply"
    else:
        reply = "error"
    known = isinstance(channel, str) and channel in ("shell", "control", "stdin", "iopub")
    return make(reply, channel if known else "control", error.content(), header)
