"""Pure rules for what leaves a session: join stream text, cut what is long, number, and lay into slots."""

from collections.abc import Iterable
from typing import cast

from chalicelib.iopub import MAX_ITEM_BYTES, Slot
from chalicelib.messages import Message, dumps, interact_of

MAX_TEXT = 24 * 1024
"""Characters of stream text in one message: at 3 bytes each in UTF-8 it still fits a websocket message."""


def _is_stream(message: Message) -> bool:
    return message["header"]["msg_type"] == "stream" and isinstance(message["content"].get("text"), str)


def _continues(earlier: Message, later: Message) -> bool:
    """Whether the later text may be added to the earlier message."""
    return (
        _is_stream(earlier)
        and _is_stream(later)
        and earlier["content"].get("name") == later["content"].get("name")
        and earlier["parent_header"].get("msg_id") == later["parent_header"].get("msg_id")
        and earlier["metadata"] == later["metadata"]
        and len(earlier["content"]["text"]) + len(later["content"]["text"]) <= MAX_TEXT
    )


def join(pending: list[Message], message: Message) -> None:
    """Add a message to those that wait, its text to the last one's where that is the same."""
    if pending and _continues(pending[-1], message):
        last = pending[-1]
        text = last["content"]["text"] + message["content"]["text"]
        pending[-1] = cast(Message, {**last, "content": {**last["content"], "text": text}})
    else:
        pending.append(message)


def cut(message: Message) -> Iterable[Message]:
    """The message, or several if its stream text is long."""
    if not _is_stream(message) or len(message["content"]["text"]) <= MAX_TEXT:
        yield message
        return
    text = message["content"]["text"]
    for part, start in enumerate(range(0, len(text), MAX_TEXT)):
        header = {**message["header"], "msg_id": f"{message['header']['msg_id']}-{part}"}
        content = {**message["content"], "text": text[start : start + MAX_TEXT]}
        yield cast(Message, {**message, "header": header, "content": content})


class Slots:
    """Gives messages their slots: an execution's block grows, a function's newer state starts at 0 again."""

    def __init__(self) -> None:
        self._execution = 0
        self._next = 0
        self._functions: dict[str, tuple[int, int]] = {}

    def execution_began(self) -> None:
        self._execution += 1
        self._next = 0

    def forget_under(self, function_name: str) -> None:
        """The function runs again: the counters of what was nested in it are not needed any more."""
        prefix = function_name + "/"
        for name in [name for name in self._functions if name.startswith(prefix)]:
            del self._functions[name]

    def lay(self, messages: Iterable[Message]) -> list[Slot]:
        """Consecutive messages of one block and state share a slot, up to the size that an item may have."""
        slots: list[Slot] = []
        held: list[Message] = []
        size = 0
        for message in messages:
            length = len(dumps(message).encode())
            if held and (interact_of(message) != interact_of(held[-1]) or size + length > MAX_ITEM_BYTES):
                slots.append(self._slot(held))
                held, size = [], 0
            held.append(message)
            size += length
        if held:
            slots.append(self._slot(held))
        return slots

    def _slot(self, messages: list[Message]) -> Slot:
        mark = interact_of(messages[0])
        if mark is None:
            number, self._next = self._next, self._next + 1
            return Slot(f"exec#{self._execution:06d}", number, tuple(messages))
        name, state = mark
        known, number = self._functions.get(name, (state, 0))
        if known != state:
            number = 0
        self._functions[name] = (state, number + 1)
        return Slot(f"interact#{name}", number, tuple(messages))
