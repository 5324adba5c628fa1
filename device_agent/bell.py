"""What waits for a session, as far as is known: channels to be asked about, requests that were brought."""

import asyncio

from chalicelib.messages import Message

ALL_CHANNELS = frozenset({"shell", "control", "stdin", "connections"})
_MOST_BROUGHT = 1000

Brought = tuple[str, str, Message]
"""Channel, key of the row, message."""


class Bell:
    """It may be rung before anybody listens."""

    def __init__(self) -> None:
        self.rung: set[str] = set(ALL_CHANNELS)
        self.brought: list[Brought] = []
        self.awake = asyncio.Event()
        self.awake.set()
        self.drains = False
        self.at_once = False
        self.given_up = False
        self.leaving = asyncio.Event()
        """Set when the session has to be left even before it has a kernel."""

    def ring(self, channel: str) -> None:
        self.rung.add(channel)
        self.awake.set()

    def bring(self, channel: str, key: str, message: Message) -> None:
        """What the bell is rung for is here already."""
        if len(self.brought) < _MOST_BROUGHT:
            self.brought.append((channel, key, message))
        else:
            self.rung.add(channel)
        self.awake.set()

    def drain(self, at_once: bool) -> None:
        """End when what runs has ended, or at once."""
        self.drains, self.at_once = True, at_once
        self.leaving.set()
        self.awake.set()

    def give_up(self) -> None:
        """End at once and say nothing: the session is another's now."""
        self.given_up = True
        self.leaving.set()
        self.awake.set()
