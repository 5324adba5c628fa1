"""Pure rules for what leaves a session: join stream text, cut what is long, number, and lay into slots."""

from collections.abc import Iterable
from typing import cast

from chalicelib.iopub import END_BLOCK, MAX_ITEM_BYTES, Slot
from chalicelib.messages import Message, dumps, interact_of
from device_agent.runs import MAX_FUNCTIONS

MAX_TEXT = 15 * 1024
"""Characters of stream text in one message: at 6 bytes each, JSON's worst, it fits a websocket message."""


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


def _lot(message: Message) -> tuple[tuple[str, int] | None, bool]:
    """What the messages of one slot have in common: the interact's state, and whether they are the end."""
    return interact_of(message), message["content"].get("msg_type") == "computation_end"


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
            if held and (_lot(message) != _lot(held[-1]) or size + length > MAX_ITEM_BYTES):
                slots.append(self._slot(held))
                held, size = [], 0
            held.append(message)
            size += length
        if held:
            slots.append(self._slot(held))
        return slots

    def _slot(self, messages: list[Message]) -> Slot:
        mark, is_end = _lot(messages[0])
        if is_end:
            return Slot(END_BLOCK, 0, tuple(messages))
        if mark is None:
            number, self._next = self._next, self._next + 1
            return Slot(f"exec#{self._execution:06d}", number, tuple(messages))
        name, state = mark
        known, number = self._functions.get(name, (state, 0))
        if state > known:
            number = 0
        # Late output of an older state goes behind what the newer one wrote, never over it.
        self._functions[name] = (max(state, known), number + 1)
        if len(self._functions) > MAX_FUNCTIONS:
            del self._functions[next(iter(self._functions))]
        return Slot(f"interact#{name}", number, tuple(messages))
