"""A reader of a session: what came down the websocket, and what of it a page would show."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from tests.conftest import LiveStack
from tests.integration.client import (
    Client,
    Http,
    Message,
    change,
    execute,
    function_of,
    idle_of,
    type_of,
)

SLIDER = "@interact\ndef f(n=slider(0, 1000, step=1)):\n    print(n)\n"


class Reader:
    """One websocket at a time on one session; it may leave and come back, as a page that is loaded again."""

    def __init__(self, live: LiveStack, client: Client) -> None:
        self._live = live
        self.client = client

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, live: LiveStack, **hello: Any) -> AsyncIterator["Reader"]:
        reader = cls(live, await Client.connect(live.websocket))
        try:
            told = {"idle_timeout": 120, **hello}
            await reader.client.hello(**{name: value for name, value in told.items() if value is not None})
            yield reader
        finally:
            await reader.client.close()

    async def run(self, code: str, seconds: float = 40) -> None:
        """Run a cell to its end."""
        await self.client.run(code, seconds)

    async def begin(self, code: str) -> Message:
        """Send a cell, wait for nothing."""
        return await self.client.send(execute(code))

    async def move(self, state: int, value: int, seconds: float = 40) -> None:
        """Move the slider of SLIDER and wait until its function has run."""
        sent = await self.client.send(change("f", state, n=value))
        await self.client.until(idle_of(sent), seconds)

    async def sees(self, text: str, seconds: float = 40) -> None:
        """Wait until a text was printed."""
        await self.client.until(
            lambda message: type_of(message) == "stream" and text in message["content"]["text"], seconds
        )

    async def ended(self, seconds: float = 40) -> str:
        """Wait for the end of the session.

        :returns: its reason.
        """
        end = await self.client.until(lambda message: type_of(message) == "computation_end", seconds)
        return str(end["content"]["content"]["reason"])

    async def asks(self) -> Message:
        """Say hello as a page does that has not heard anything for a while; the answer's content."""
        after = max(self.client.sequences, default=0)
        answer = await self.client.hello(self.client.session, self.client.token, after=after)
        content: Message = answer["content"]
        return content

    async def keeps_asking(self, *status: str, seconds: float = 40) -> Message:
        """Ask again and again until the session has one of these."""
        async with asyncio.timeout(seconds):
            while True:
                answer = await self.asks()
                if answer.get("session_status") in status:
                    return answer
                await asyncio.sleep(0.3)

    @property
    def shown(self) -> list[Message]:
        """What a page shows of all that came: each sequence once, in order, without gaps that stay."""
        by_sequence: dict[int, Message] = {}
        for message in self.client.received:
            if "sequence" in message:
                by_sequence.setdefault(message["sequence"], message)
        return [by_sequence[sequence] for sequence in sorted(by_sequence)]

    def text(self, function: str | None = None) -> str:
        """All text that was shown of a function, or of no function."""
        return "".join(
            message["content"]["text"]
            for message in self.shown
            if type_of(message) == "stream" and function_of(message) == function
        )

    @property
    def ends(self) -> list[str]:
        """The reason of every end that a page shows."""
        ends = [message for message in self.shown if type_of(message) == "computation_end"]
        return [end["content"]["content"]["reason"] for end in ends]

    def stored(self) -> list[Message]:
        """What the buffer has of the session: what a page shows that is loaded now."""
        http = Http(self._live.api)
        http.token = self.client.token or ""
        found: list[Message] = []
        while True:
            after = found[-1]["sequence"] if found else 0
            path = f"/sessions/{self.client.session}/messages?after={after}"
            status, body = http.call("GET", path)
            assert status == 200, body
            if not body["messages"]:
                return found
            found += body["messages"]

    async def saw_nothing_twice(self) -> None:
        """Nothing came twice or in another shape, nothing after the end, and a reload shows the same."""
        known: dict[int, str] = {}
        for message in [*self.client.received, *await asyncio.to_thread(self.stored)]:
            # The end that the service writes for a device is numbered by what is stored, and a page may have
            # been shown a little more: it then hears of the end when it asks.
            if "sequence" in message and type_of(message) != "computation_end":
                # (Threads of one kernel may give two messages one id.)
                what = json.dumps([message["header"]["msg_id"], type_of(message), message["content"]])
                assert known.setdefault(message["sequence"], what) == what, message
        assert len(set(known.values())) == len(known), self.client.received
        assert len(self.ends) <= 1
        if self.ends:
            assert type_of(self.client.received[-1]) in ("computation_end", "hello_reply")
            await self.keeps_asking("ended", "lost")
