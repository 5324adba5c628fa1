"""A reader's browser in a soak: types, drags, drops its connection, reloads and closes, as luck has it."""

import asyncio
import random
from collections import Counter

import websockets

from chalicelib.messages import interact_of
from tests.integration.client import Client, Message, answers, change, execute, idle_of, type_of
from tests.model.page import Page

CELL = "@interact\ndef f(n=slider(0, 1000, step=1)):\n    print(f'value {n}')\n"
WAIT = 45.0
STORED_WITHIN = (0.0, 0.5, 1.0, 2.0, 4.0)
LOGGED = 40
TROUBLE = (OSError, TimeoutError, websockets.WebSocketException)


class Visit:
    """One session from its first cell to its end; `violations` says in words what was not as promised."""

    def __init__(self, url: str, luck: random.Random, counts: Counter[str]) -> None:
        self._url, self._luck, self._counts = url, luck, counts
        self._client: Client | None = None
        self._read = 0
        self._session: str | None = None
        self._token: str | None = None
        self.page = Page()
        self.violations: list[str] = []

    async def run(self, until: float) -> None:
        """Go on until the session ends, the reader leaves, or `until` (of the loop's clock)."""
        try:
            if not await self._begin():
                return
            while asyncio.get_running_loop().time() < until and not self.page.is_over:
                await self._luck.choice((self._drags, self._drags, self._types, self._drops, self._reloads))()
                await asyncio.sleep(self._luck.uniform(0.2, 2.0))
                if self._luck.random() < 0.03:
                    self._counts["closed"] += 1
                    return
            await self._check_replay()
        except TROUBLE as error:
            self._counts[f"interrupted by {type(error).__name__}"] += 1
        finally:
            self._learn()
            if self._client:
                await self._client.close()

    async def _begin(self) -> bool:
        self._client = await Client.connect(self._url)
        await self._client.hello(idle_timeout=60)
        sent = await self._client.send(execute(CELL))
        await self._client.until(lambda message: idle_of(sent)(message) or _is_end(message), WAIT)
        self._session, self._token = self._client.session, self._client.token
        self._learn()
        self._counts["sessions"] += 1
        return self._session is not None

    def _learn(self) -> None:
        """Look at what came since: the page puts it in order and keeps the newest."""
        if self._client is None:
            return
        new, self._read = self._client.received[self._read :], len(self._client.received)
        shown = len(self.page.shown)
        for message in (one for one in new if "header" in one):  # API Gateway's own words have none
            self.page.receive(message)  # type: ignore[arg-type]
        self._counts["messages"] += len(new)
        newest: dict[str, int] = {}
        for message in self.page.shown:
            if mark := interact_of(message):
                if mark[1] < newest.get(mark[0], 0):
                    self.violations.append(f"{mark} was shown after state {newest[mark[0]]}")
                newest[mark[0]] = mark[1]
        sequences = [message["sequence"] for message in self.page.handed]
        if sequences != sorted(set(sequences)):
            self.violations.append("out of order or twice")
        if self.page.ended > 1:
            self.violations.append("ended twice")
        self._counts["shown"] += len(self.page.shown) - shown

    async def _drags(self) -> None:
        """Moves a slider a few times; the last position has to be shown."""
        client = self._client
        assert client is not None
        self._learn()
        sent: Message = {}
        for _ in range(self._luck.randint(1, 12)):
            state = self.page.counts["f"] = self.page.counts.get("f", 1) + 1
            sent = await client.send(change("f", state, n=state % 1000))
            self._counts["moves"] += 1
            await asyncio.sleep(0.03)
        for _ in range(10):  # a page sends again what nobody has answered for 2 s
            try:
                await client.until(lambda message: idle_of(sent)(message) or _is_end(message), 4)
                break
            except TimeoutError:
                self._counts["sent again"] += 1
                await self._hello(client)
                if self.page.is_over:
                    return
                await client.send(sent)
        else:
            self.violations.append(f"state {state} was never run")
        self._learn()
        if not self.page.is_over and f"value {state % 1000}\n" not in self._text():
            await self._hello(client)
            if f"value {state % 1000}\n" not in self._text() and not self.page.is_over:
                self.violations.append(f"state {state} was run and not shown: {self._text()!r}\n{self._log}")

    def _text(self) -> str:
        return "".join(
            message["content"]["text"]
            for message in self.page.screen.seen
            if type_of(message) == "stream" and interact_of(message)  # type: ignore[arg-type]
        )

    @property
    def _log(self) -> str:
        """What came last, for whoever looks for the cause."""
        assert self._client is not None
        return "\n".join(map(_line, self._client.received[-LOGGED:]))

    async def _types(self) -> None:
        """Runs a short cell."""
        assert self._client is not None
        sent = await self._client.send(execute("1 + 1"))
        await self._client.until(
            lambda message: idle_of(sent)(message) or _is_end(message) or _is_refused(message, sent), WAIT
        )
        self._counts["cells"] += 1
        self._learn()

    async def _drops(self) -> None:
        self._counts["dropped"] += 1
        await self._connect()

    async def _reloads(self) -> None:
        self._counts["reloaded"] += 1
        self._learn()
        self.page = self.page.reloaded()
        await self._connect()

    async def _connect(self) -> None:
        self._learn()
        if self._client:
            await self._client.close()
            self._learn()
        self.page.held.clear()
        self._client, self._read = await Client.connect(self._url), 0
        await self._hello(self._client)

    async def _hello(self, client: Client) -> None:
        self._learn()
        await client.hello(self._session, self._token, after=self.page.last)
        self._learn()

    async def _check_replay(self) -> None:
        """A page that is loaded now shows what this one does, as soon as what was posted is stored, too."""
        assert self._client is not None
        self._counts["replays compared"] += 1
        for pause in STORED_WITHIN:
            await asyncio.sleep(pause)
            await self._hello(self._client)
            replayed = await self._replayed()
            # (An agent that was killed may have shown a little more than it could store.)
            if self.page.is_over or replayed == self.page.screen.text:
                return
        self.violations.append(f"a replay differs: {replayed!r}\n{self._log}")

    async def _replayed(self) -> str:
        """What a page that is loaded now has on screen."""
        page = Page()
        async with await Client.connect(self._url) as other:
            await other.hello(self._session, self._token, after=0)
            for message in other.received:
                page.receive(message)  # type: ignore[arg-type]
        return page.screen.text


def _line(message: Message) -> str:
    told = {
        name: message["content"].get(name)
        for name in ("text", "execution_state", "session_status", "sequence", "after")
    }
    said = {name: value for name, value in told.items() if value is not None}
    return f"  {message.get('sequence', '-')} {type_of(message)} {interact_of(message)} {said}"  # type: ignore[arg-type]


def _is_end(message: Message) -> bool:
    return type_of(message) == "computation_end"


def _is_refused(message: Message, sent: Message) -> bool:
    return answers(sent)(message) and message["content"].get("ename") in ("SessionEnded", "Busy")
