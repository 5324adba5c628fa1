"""Pure rules for what Output widgets catch: each clearing is a newer state, replacing what was caught before.

Without them a session whose slider draws a plot would keep every plot that it has ever drawn.
"""

from typing import Any, cast

from chalicelib.messages import Message

MAX_WIDGETS = 10_000
_CAUGHT = frozenset({"stream", "display_data", "execute_result", "error", "clear_output"})


class Captures:
    """Follows the Output widgets of one session, which name the request whose output they catch."""

    def __init__(self) -> None:
        self._catching: dict[str, str] = {}
        """Of each widget that catches, the request; the innermost is the last."""
        self._states: dict[str, int] = {}

    def stamped(self, message: Message) -> Message:
        """The message, in its metadata the widget that catches it and how often that was cleared."""
        msg_type = message["header"]["msg_type"]
        if msg_type in ("comm_open", "comm_msg"):
            self._learn(message["content"])
        if msg_type not in _CAUGHT or not (comm_id := self._catcher(message)):
            return message
        if msg_type == "clear_output":
            self._states[comm_id] += 1
        caught = {"comm_id": comm_id, "state": self._states[comm_id]}
        return cast(Message, {**message, "metadata": {**message["metadata"], "caught": caught}})

    def _catcher(self, message: Message) -> str | None:
        request = message["parent_header"].get("msg_id")
        return next((one for one in reversed(self._catching) if self._catching[one] == request), None)

    def _learn(self, content: dict[str, Any]) -> None:
        comm_id, data = content.get("comm_id"), content.get("data")
        state = data.get("state") if isinstance(data, dict) else None
        msg_id = state.get("msg_id") if isinstance(state, dict) else None
        if not isinstance(msg_id, str) or not isinstance(comm_id, str):
            return
        self._catching.pop(comm_id, None)
        if msg_id and len(self._states) < MAX_WIDGETS:
            self._catching[comm_id] = msg_id
            self._states.setdefault(comm_id, 0)
