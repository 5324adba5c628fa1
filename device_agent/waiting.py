"""What waits for one kernel: executions in their order, and of each function's changes the newest alone."""

from collections.abc import Mapping

from chalicelib.messages import Message, interact_of, is_settled

MOST_EXECUTIONS = 200
"""More stay in the table until these have run; a browser with a token may write as many as it likes."""
MOST_FUNCTIONS = 1000

Waits = tuple[str, Message]
"""A request: the key of its row, and its message."""


class Waiting:
    """The last step of latest-wins: no change is run that a newer one has replaced, and none is lost.

    :param states: the newest state of each function that has begun to run.
    """

    def __init__(self, states: dict[str, int]) -> None:
        self._states = states
        self._executions: dict[str, Message] = {}
        self._changes: dict[str, Message] = {}
        self.is_full = False
        """Whether something was not kept for want of room: it is to be asked for again."""

    def __bool__(self) -> bool:
        return bool(self._executions or self._changes)

    def offer(self, key: str, message: Message) -> None:
        """Something came, perhaps not for the first time, perhaps too late."""
        mark = interact_of(message)
        if mark is None:
            if len(self._executions) < MOST_EXECUTIONS:
                self._executions.setdefault(key, message)
            else:
                self.is_full = True
            return
        name, state = mark
        held = self._changes.get(name)
        if held is not None and state == _state(held) and is_settled(message):
            self._changes[name] = message  # the same once more: now the reader has let go
        if state <= max(self._states.get(name, 0), _state(held)):
            return
        if held is None and len(self._changes) >= MOST_FUNCTIONS:
            self.is_full = True
            return
        # Behind the others: a control in mid-drag does not keep another's change waiting.
        self._changes.pop(name, None)
        self._changes[name] = message

    def next(self) -> Waits | None:
        """What is to be run now, if anything; it waits no more."""
        if self._executions:
            # Keys begin with the time at which they were written.
            key = min(self._executions)
            return key, self._executions.pop(key)
        if self._changes:
            name = next(iter(self._changes))
            return f"interact#{name}", self._changes.pop(name)
        return None

    @property
    def changes(self) -> Mapping[str, Message]:
        """The change of each function that waits."""
        return self._changes


def _state(message: Message | None) -> int:
    mark = interact_of(message) if message else None
    return mark[1] if mark else 0
