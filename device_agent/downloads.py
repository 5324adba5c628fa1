"""Files that a reader asks for: they do not count as the session's output, each answer once."""

from chalicelib.messages import Message

MOST_ASKED = 20
MOST_BYTES = 200_000_000
"""Of a session, in all; what is more counts."""


class Downloads:
    """A kernel is not believed: only what was asked for is an answer, and only the first."""

    def __init__(self) -> None:
        self._asked: dict[str, None] = {}
        self._left = MOST_BYTES

    def note(self, request: Message) -> None:
        """A request is passed on to the kernel."""
        if request["header"]["msg_type"] == "download_request":
            self._asked[request["header"]["msg_id"]] = None
            if len(self._asked) > MOST_ASKED:
                del self._asked[next(iter(self._asked))]

    def weight(self, message: Message, size: int) -> int:
        """The bytes as which a message counts."""
        asked = message["parent_header"].get("msg_id")
        is_answer = message["header"]["msg_type"] == "download_reply" and asked in self._asked
        if not is_answer or size > self._left:
            return size
        del self._asked[str(asked)]
        self._left -= size
        return 0
