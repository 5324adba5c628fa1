"""Pure rules for what widgets are told on its way out: of what nobody has seen, newer state replaces older.

A loop that moves a progress bar says so thousands of times a second. An update names some of a widget's
state; two of one widget with nothing between them but updates of others say what one says that has both.
"""

from typing import Any, cast

from chalicelib.messages import Message

MAX_HELD = 256 * 1024
"""Bytes that are held at most."""

Sized = tuple[Message, int | None]
"""A message and its size in bytes, if that is known."""


class Updates:
    """Holds updates until anything else comes, or `take`; nothing overtakes anything."""

    def __init__(self) -> None:
        self._held: dict[str, Sized] = {}
        self._size = 0

    def offer(self, message: Message, size: int | None = None) -> list[Sized]:
        """What goes on now that this has come, in order."""
        comm_id = _updated(message)
        if comm_id is None:
            return [*self.take(), (message, size)]
        gone = []
        before = self._held.get(comm_id)
        if before and not _are_one(before[0], message):
            gone, before = self.take(), None
        self._held.pop(comm_id, None)
        self._held[comm_id] = (_merged(before[0], message), None) if before else (message, size)
        self._size += size or 0
        return gone if self._size <= MAX_HELD else [*gone, *self.take()]

    def take(self) -> list[Sized]:
        """All that is held goes on."""
        held, self._held, self._size = list(self._held.values()), {}, 0
        return held


def _updated(message: Message) -> str | None:
    """The comm of a message that only names new state; one with buffers does more, and so does an Output
    widget's `msg_id`: what comes before it is another's output than what comes after.
    """
    if message["header"]["msg_type"] != "comm_msg" or message["buffers"]:
        return None
    data: Any = message["content"].get("data")
    comm_id = message["content"].get("comm_id")
    if not isinstance(data, dict) or not isinstance(comm_id, str) or data.get("method") != "update":
        return None
    state = data.get("state")
    return comm_id if isinstance(state, dict) and "msg_id" not in state else None


def _are_one(before: Message, message: Message) -> bool:
    """Whether both belong to one request and one state of an interact."""
    one = before["parent_header"].get("msg_id") == message["parent_header"].get("msg_id")
    return one and before["metadata"] == message["metadata"]


def _merged(before: Message, message: Message) -> Message:
    data = message["content"]["data"]
    state = {**before["content"]["data"]["state"], **data["state"]}
    return cast(Message, {**message, "content": {**message["content"], "data": {**data, "state": state}}})
