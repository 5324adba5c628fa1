"""The browser's rules (web/src/channel, web/src/interact/coalescer.ts) in a few lines, as a reference."""

import re
from collections.abc import Iterable
from typing import Any

from chalicelib.frames import dumps
from chalicelib.messages import Message, interact_of, make
from tests.contract.world import change

MARK = re.compile(r"<(\d+)>")


def marks(messages: Iterable[Message]) -> list[int]:
    """What the kernel has written into its messages to tell them apart; text is joined later."""
    return [int(found) for message in messages for found in MARK.findall(dumps(message["content"]))]


class Screen:
    """What is seen: a newer state of a function takes the place of an older, and of what is nested."""

    def __init__(self) -> None:
        self.seen: list[Message] = []
        self.states: dict[str, int] = {}

    def show(self, message: Message) -> bool:
        """:returns: False when it is older than what is shown, and was dropped."""
        if mark := interact_of(message):
            name, state = mark
            if state < self.states.get(name, 0):
                return False
            if state > self.states.get(name, 0):
                self._clear(name)
            self.states[name] = state
        self.seen.append(message)
        return True

    def _clear(self, name: str) -> None:
        self.seen = [
            one for one in self.seen if not ((interact_of(one) or ("",))[0] + "/").startswith(name + "/")
        ]

    @property
    def marks(self) -> list[int]:
        return marks(self.seen)

    @property
    def text(self) -> str:
        """All stream text, as it stands."""
        return "".join(str(one["content"].get("text", "")) for one in self.seen)


class Page:
    """One page: puts messages in order, keeps one change of a function in flight."""

    def __init__(self) -> None:
        self.screen = Screen()
        self.last = 0
        self.held: dict[int, Message] = {}
        self.handed: list[Message] = []
        self.shown: list[Message] = []
        self.attached = False
        self.status: str | None = None
        self.counts: dict[str, int] = {}
        self.flights: dict[str, Message] = {}
        self.unanswered: dict[str, Message] = {}
        self.ended = 0

    @property
    def is_over(self) -> bool:
        """The session has said so, or the service: of a device that was lost it writes the end itself, which
        may bear a sequence that the device has posted a message with, but not stored it.
        """
        return self.ended > 0 or self.status in ("ended", "lost")

    def reloaded(self) -> "Page":
        """The page as its next load has it: nothing seen; the changes in flight are kept in its storage."""
        page = Page()
        page.counts, page.flights = dict(self.counts), dict(self.flights)
        return page

    def move(self, function: str) -> Message:
        """:returns: the change that is to be sent."""
        state = self.counts[function] = self.counts.get(function, 0) + 1
        self.flights[function] = change(state, function, x=state)
        return self.flights[function]

    def run(self) -> Message:
        """:returns: the execution of a cell that is to be sent."""
        message = make("execute_request", "shell", {"code": "cell"})
        self.unanswered[message["header"]["msg_id"]] = message
        return message

    def receive(self, message: Message) -> list[Message]:
        """:returns: what is to be sent because of it."""
        if "sequence" in message:
            if message["sequence"] > self.last:
                self.held[message["sequence"]] = message
                self._hand_contiguous()
            return []
        if message["header"]["msg_type"] == "hello_reply" and message["content"]["status"] == "ok":
            self._raise_to(message["content"]["sequence"])
            self.attached, self.status = True, message["content"]["session_status"]
            return []
        return self._refused(message["content"], message["parent_header"])

    def _refused(self, content: dict[str, Any], parent: Any) -> list[Message]:
        if content.get("ename") != "StaleState":
            # Busy: a change stays in flight, an execution is reported to the reader.
            self.unanswered.pop(str(parent.get("msg_id")), None)
            return []
        again: list[Message] = []
        for function, flight in list(self.flights.items()):
            if flight["header"]["msg_id"] == parent.get("msg_id"):
                self.counts[function] = max(self.counts[function], content["state"])
                again.append(self.move(function))
        return again

    def _raise_to(self, sequence: int) -> None:
        for key in sorted(key for key in self.held if key <= sequence):
            self._hand(self.held.pop(key))
        self.last = max(self.last, sequence)
        self._hand_contiguous()

    def _hand_contiguous(self) -> None:
        while (message := self.held.pop(self.last + 1, None)) is not None:
            self.last += 1
            self._hand(message)

    def _hand(self, message: Message) -> None:
        self.handed.append(message)
        self.unanswered.pop(str(message["parent_header"].get("msg_id")), None)
        self.ended += message["content"].get("msg_type") == "computation_end"
        if mark := interact_of(message):
            name, state = mark
            self.counts[name] = max(state, self.counts.get(name, 0))
            flight = self.flights.get(name)
            sent = interact_of(flight) if flight else None
            if sent and state >= sent[1]:
                del self.flights[name]
        if self.screen.show(message):
            self.shown.append(message)

    def hello(self, session: str, token: str) -> Message:
        return make("hello", "control", {"session": session, "token": token, "after": self.last})
