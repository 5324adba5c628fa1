"""Pure rules for messages on their way out: long text is cut, short joined, what is replaced goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from chalicelib.frames import dumps, length
from chalicelib.messages import Message, replaced_under

MAX_TEXT = 15 * 1024
"""Characters of stream text in one message: at 6 bytes each, JSON's worst, it fits a websocket message."""
ENVELOPE = 1024
"""Bytes that a message costs beside its content: its headers, and what it takes to store and to post it."""
MAX_NAME = 200
Scope = tuple[str | None, tuple[str, int] | None]
OUTPUT = frozenset({"stream", "display_data", "update_display_data", "execute_result"})
"""Messages that only show something: the others change what a browser knows, and are never left out."""


@dataclass(frozen=True)
class Parcel:
    """A message on its way out, and how many bytes it has: of text the text alone, in UTF-8, else all."""

    message: Message
    size: int
    is_text: bool = False

    @property
    def hollow(self) -> "Parcel":
        """The same without what it shows: whose it is, and of text the stream's name."""
        content = {"name": str(self.message["content"].get("name"))[:MAX_NAME]} if self.is_text else {}
        message = cast(Message, {**self.message, "content": content, "buffers": []})
        return Parcel(message, self.size, self.is_text)

    @property
    def cost(self) -> int:
        return self.size + ENVELOPE

    @property
    def msg_type(self) -> str:
        return self.message["header"]["msg_type"]

    @property
    def is_output(self) -> bool:
        return self.msg_type in OUTPUT

    @property
    def is_shown(self) -> bool:
        """Whether it is output, or clears output."""
        return self.is_output or self.msg_type == "clear_output"

    @cached_property
    def scope(self) -> Scope:
        """Whose output it is: the request's, and within that an interact's or an Output widget's."""
        return self.message["parent_header"].get("msg_id"), replaced_under(self.message)

    @property
    def owner(self) -> str | None:
        """Whose newest output is what a reader wants to see: an interact's name, else the request's id."""
        parent, mark = self.scope
        return mark[0] if mark else parent

    @property
    def display_id(self) -> str | None:
        """Of an update of a display."""
        transient: Any = self.message["content"].get("transient")
        found = transient.get("display_id") if isinstance(transient, dict) else None
        return found if isinstance(found, str) and self.msg_type == "update_display_data" else None

    @property
    def clears(self) -> bool | None:
        """For a message that clears the output: whether only when the next output comes. None for others."""
        return bool(self.message["content"].get("wait")) if self.msg_type == "clear_output" else None


def parcels(message: Message, size: int | None = None) -> Iterable[Parcel]:
    """The message, or several if it is a stream's and long.

    :param size: of the message, in bytes, if that is known.
    """
    text = message["content"].get("text")
    if message["header"]["msg_type"] != "stream" or not isinstance(text, str):
        yield Parcel(message, length(dumps(message)) if size is None else size)
    elif len(text) <= MAX_TEXT:
        yield Parcel(message, length(text), is_text=True)
    else:
        for part, start in enumerate(range(0, len(text), MAX_TEXT)):
            piece = text[start : start + MAX_TEXT]
            header = {**message["header"], "msg_id": f"{message['header']['msg_id']}-{part}"}
            yield Parcel(_with_text(cast(Message, {**message, "header": header}), piece), length(piece), True)


def _with_text(message: Message, text: str) -> Message:
    return cast(Message, {**message, "content": {**message["content"], "text": text}})


def after_line(parcel: Parcel, within: int) -> Parcel:
    """The text from its first whole line on, if that begins among the first `within` characters."""
    text = parcel.message["content"]["text"]
    start = text.find("\n", 0, within) + 1
    if start in (0, len(text)):
        return parcel
    return Parcel(_with_text(parcel.message, text[start:]), length(text[start:]), is_text=True)


def continues(earlier: Parcel, later: Parcel) -> bool:
    """Whether the later text goes on where the earlier ended: same stream, same owner."""
    return (
        earlier.is_text
        and later.is_text
        and earlier.message["content"].get("name") == later.message["content"].get("name")
        and earlier.message["parent_header"].get("msg_id") == later.message["parent_header"].get("msg_id")
        and earlier.message["metadata"] == later.message["metadata"]
    )


def add(waiting: list[Parcel], parcel: Parcel) -> bool:
    """Put a parcel behind those that wait: its text to the last one's where that is the same.

    What it replaces before anybody has seen it goes: an older update of the same display, the output of an
    older state of the same interact, and all that a `clear_output` clears (one that waits clears when the
    next output is there).

    :returns: whether it cleared all earlier output of its scope.
    """
    cleared = _replace(waiting, parcel)
    last = waiting[-1] if waiting else None
    if last and continues(last, parcel):
        text = last.message["content"]["text"] + parcel.message["content"]["text"]
        if len(text) <= MAX_TEXT:
            waiting[-1] = Parcel(_with_text(last.message, text), last.size + parcel.size, is_text=True)
            return cleared
    waiting.append(parcel)
    return cleared


def _replace(waiting: list[Parcel], parcel: Parcel) -> bool:
    if parcel.is_shown and (mark := parcel.scope[1]):
        _forget_older(waiting, *mark)
    if display_id := parcel.display_id:
        waiting[:] = [one for one in waiting if one.display_id != display_id or one.scope != parcel.scope]
    if parcel.clears is False:
        _remove(waiting, parcel.scope, len(waiting))
        return True
    if not parcel.is_shown:
        return False
    last = _last_shown(waiting, parcel.scope)
    if last is None or not waiting[last].clears:
        return False
    if parcel.clears:
        del waiting[last]  # it says the same again
        return False
    _remove(waiting, parcel.scope, last)
    return True


def _forget_older(waiting: list[Parcel], name: str, state: int) -> None:
    """Remove what older states of an interact show."""
    marks = (mark for one in reversed(waiting) if (mark := one.scope[1]) and mark[0] == name)
    if next(marks, (name, state))[1] >= state:
        return  # the newest that waits is no older, so it has removed them already
    waiting[:] = [
        one
        for one in waiting
        if not one.is_shown or not (mark := one.scope[1]) or mark[0] != name or mark[1] >= state
    ]


def _last_shown(waiting: list[Parcel], scope: Scope) -> int | None:
    """Where the last output of a scope is, or what clears it."""
    for place in range(len(waiting) - 1, -1, -1):
        if waiting[place].is_shown and waiting[place].scope == scope:
            return place
    return None


def _remove(waiting: list[Parcel], scope: Scope, before: int) -> None:
    """Remove what a scope shows from the first `before` parcels."""
    waiting[:before] = [one for one in waiting[:before] if one.scope != scope or not one.is_shown]
