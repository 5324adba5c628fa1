"""The protocol: what a message is, which are allowed, and how one is answered (docs/protocol.md)."""

import base64
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NotRequired, TypedDict, cast

import fastjsonschema

from chalicelib.errors import InvalidMessage, LongwireError, MessageTooLarge
from chalicelib.schemas import MAX_FUNCTION_NAME, MAX_STATE, PUT_AWAY, REQUESTS, schema

MAX_WEBSOCKET_BYTES = 24 * 1024
"""What a browser may send in a frame: API Gateway closes the connection on frames over 32 KB."""
MAX_REQUEST_BYTES = 256 * 1024
"""What a request may have in all: it must fit a DynamoDB item (400 KB) beside its keys."""
MAX_POST_BYTES = 120 * 1024
"""What is posted to a connection at once: API Gateway's limit is 128 KB."""
MAX_DEPTH = 100
"""How deep JSON may be nested: every JSON parser on the way has to take it, too."""
_NESTS = (dict, list)
_PARTS = ("parent_header", "metadata", "content", "buffers", "channel")
OUTPUT_WIDGET = "output#"
"""Begins the name of an Output widget, where those of interacts may stand, too."""

END_TEXTS = {
    "finished": "The program has ended.",
    "idle": "The session was idle for long and has ended. Change a control or press Run to start again.",
    "killed": "The program was stopped.",
    "shutdown": "The session was ended.",
    "kernel_died": "The program ended its own kernel.",
    "failed": "The session could not be run.",
    "no_kernel": "The machine that took this session does not have the kernel that it asks for.",
    "draining": "The machine that ran this cell is being shut down.",
    "device_lost": "The machine that ran this cell was lost.",
    "limit:memory": "The program needed more memory than a session may have.",
    "limit:cpu": "The program needed more processor time than a session may have.",
    "limit:processes": "The program started more processes than a session may have.",
    "limit:files": "The program had more files and connections open than a session may have.",
    "limit:output": "The program put out more than a session may.",
    "limit:time": "The program ran for longer than a session may.",
}
"""Why a session ended, in words."""


class Header(TypedDict):
    msg_id: str
    msg_type: str
    session: str
    username: str
    date: str
    version: str


class Message(TypedDict):
    """A Jupyter message as JSON (Jupyter messaging 5.4, "General message format")."""

    header: Header
    parent_header: Mapping[str, Any]
    metadata: dict[str, Any]
    content: dict[str, Any]
    buffers: list[str]
    channel: str
    sequence: NotRequired[int]


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
    check(_validator(msg_type, is_put_away), raw)
    full = {"session": "", "username": "", "date": now(), "version": "5.4", **known_header(raw["header"])}
    known = {name: raw[name] for name in _PARTS if name in raw}
    message = {"parent_header": {}, "metadata": {}, "buffers": [], **known, "header": full}
    if size_of(message) > MAX_REQUEST_BYTES:
        raise MessageTooLarge(f"content: is larger than {MAX_REQUEST_BYTES} bytes", "content")
    return cast(Message, message)


def known_header(header: Mapping[str, Any]) -> dict[str, Any]:
    """What Jupyter has in a header, and no more: ipykernel cannot print for a parent that has an object."""
    return {name: header[name] for name in Header.__annotations__ if name in header}


def completed(message: Message) -> Message:
    """A message whose content is here after it was put away: as valid as any, of whatever size.

    :raises InvalidMessage: names the field that does not fit.
    """
    # The schema's pattern for base64 would take 30 times the memory of the text that it looks at.
    check(_validator(message["header"]["msg_type"]), {**message, "buffers": []})
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


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make(
    msg_type: str,
    channel: str,
    content: dict[str, Any],
    parent: Mapping[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> Message:
    """A new message of the service's own."""
    return {
        "header": {
            "msg_id": uuid.uuid4().hex,
            "msg_type": msg_type,
            "session": "longwire",
            "username": "longwire",
            "date": now(),
            "version": "5.4",
        },
        "parent_header": parent or {},
        "metadata": metadata or {},
        "content": content,
        "buffers": [],
        "channel": channel,
    }


def extension(inner: str, content: dict[str, Any]) -> Message:
    """A message of the interact library, as iopub carries it."""
    return make("extension", "iopub", {"msg_type": inner, "content": content})


def extension_of(message: Mapping[str, Any], inner: str) -> Mapping[str, Any] | None:
    """The inner content of a message of the interact library, if it is one of this type."""
    content = message["content"]
    found = content.get("content")
    is_one = message["header"]["msg_type"] == "extension" and content.get("msg_type") == inner
    return found if is_one and isinstance(found, Mapping) else None


def computation_end(reason: str) -> Message:
    """The last message of a session: why it ended, also in words."""
    return extension("computation_end", {"reason": reason, "text": END_TEXTS.get(reason, reason)})


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


def interact_of(message: Mapping[str, Any]) -> tuple[str, int] | None:
    """(function_name, state) of the interact that a message belongs to; None when it belongs to none."""
    mark = message["metadata"].get("interact")
    if not isinstance(mark, Mapping):
        return None
    name, state = mark.get("function_name"), mark.get("state")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_FUNCTION_NAME:
        return None
    if type(state) is not int or not 0 <= state <= MAX_STATE:
        return None
    return name, state


def replaced_under(message: Mapping[str, Any]) -> tuple[str, int] | None:
    """(name, state) of what shows the message: a newer state of it replaces the message.

    It is an interact, or else the Output widget that catches it (`output#<comm_id>`), whose state counts how
    often it was cleared.
    """
    if mark := interact_of(message):
        return mark
    caught = message["metadata"].get("caught")
    if not isinstance(caught, Mapping):
        return None
    comm_id, state = caught.get("comm_id"), caught.get("state")
    if not isinstance(comm_id, str) or not re.fullmatch(r"[\w-]{1,100}", comm_id):
        return None
    return (f"{OUTPUT_WIDGET}{comm_id}", state) if type(state) is int and 0 <= state <= MAX_STATE else None


def is_settled(change: Mapping[str, Any]) -> bool:
    """Whether a change of controls says that the reader has stopped at it."""
    return change["metadata"]["interact"].get("settled") is True


def length(text: str) -> int:
    """Bytes of a text in UTF-8, whatever a kernel put into it."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def dumps(value: Any) -> str:
    """Compact JSON that every JSON parser and every UTF-8 encoder takes, whatever a kernel sent.

    What JSON lacks (dates, bytes) becomes text, NaN and infinities become null, lone surrogates stay escaped.
    """
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        value = json.loads(json.dumps(value, default=str), parse_constant=lambda _: None)
        return dumps(value)
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), default=str)
    return text


def answer_length(value: Any) -> int:
    """Bytes that a value takes in a Lambda's answer to API Gateway: JSON, as a text in JSON."""
    return len(json.dumps(dumps(value), ensure_ascii=False).encode())


def how_many_fit(messages: Sequence[Message], limit: int) -> int:
    """How many of the first messages an answer of `limit` bytes holds, at least one if there is one."""
    size = 0
    for number, message in enumerate(messages):
        size += answer_length(message)
        if number and size > limit:
            return number
    return len(messages)


def frames(messages: list[Message], limit: int = MAX_POST_BYTES) -> list[str]:
    """The messages as JSON arrays of at most `limit` bytes each, in order.

    A message that is larger by itself stands alone; whoever makes messages keeps them below the limit.
    """
    return packed(map(dumps, messages), limit)


def packed(texts: Iterable[str], limit: int = MAX_POST_BYTES) -> list[str]:
    """`frames`, of messages that are JSON already."""
    packs: list[list[str]] = []
    size = limit
    for text in texts:
        length = (len(text) if text.isascii() else len(text.encode())) + 1
        if size + length > limit:
            packs.append([])
            size = 1
        packs[-1].append(text)
        size += length
    return ["[" + ",".join(texts) + "]" for texts in packs]
