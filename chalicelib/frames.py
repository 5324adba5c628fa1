"""Messages as they go out: JSON that everything on the way takes, in frames within the limits."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.messages import Message

MAX_POST_BYTES = 120 * 1024
"""What is posted to a connection at once: API Gateway's limit is 128 KB."""


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
        more = length(text) + len(",")
        if size + more > limit:
            packs.append([])
            size = len("[")
        packs[-1].append(text)
        size += more
    return ["[" + ",".join(texts) + "]" for texts in packs]
