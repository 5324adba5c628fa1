"""Pure rules for where a session's messages are stored: in slots that a newer state overwrites."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.frames import length
from chalicelib.iopub import END_BLOCK, MAX_ITEM_BYTES, Slot
from chalicelib.messages import OUTPUT_WIDGET, Message, replaced_under
from device_agent.runs import MAX_FUNCTIONS


@dataclass(frozen=True)
class Numbered:
    """A message that has its sequence, as JSON too: it is made once, for the buffer and for every watcher."""

    message: Message
    json: str

    @property
    def size(self) -> int:
        """In bytes."""
        return length(self.json)


def _lot(message: Message) -> tuple[tuple[str, int] | None, bool]:
    """What the messages of one slot have in common: what shows them, its state, whether they are the end."""
    return replaced_under(message), message["content"].get("msg_type") == "computation_end"


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

    def lay(self, messages: Iterable[Numbered]) -> list[Slot]:
        """Consecutive messages of one block and state share a slot, up to the size that an item may have."""
        slots: list[Slot] = []
        held: list[Numbered] = []
        size = 0
        for one in messages:
            if held and (_lot(one.message) != _lot(held[-1].message) or size + one.size > MAX_ITEM_BYTES):
                slots.append(self._slot(held))
                held, size = [], 0
            held.append(one)
            size += one.size
        if held:
            slots.append(self._slot(held))
        return slots

    def _slot(self, held: list[Numbered]) -> Slot:
        block, number = self._place(held[0].message)
        messages = tuple(one.message for one in held)
        return Slot(block, number, messages, "[" + ",".join(one.json for one in held) + "]")

    def _place(self, message: Message) -> tuple[str, int]:
        mark, is_end = _lot(message)
        if is_end:
            return END_BLOCK, 0
        if mark is None:
            number, self._next = self._next, self._next + 1
            return f"exec#{self._execution:06d}", number
        name, state = mark
        known, number = self._functions.get(name, (state, 0))
        if state > known:
            number = 0
        # Late output of an older state goes behind what the newer one wrote, never over it.
        self._functions[name] = (max(state, known), number + 1)
        if len(self._functions) > MAX_FUNCTIONS:
            del self._functions[next(iter(self._functions))]
        return name if name.startswith(OUTPUT_WIDGET) else f"interact#{name}", number
