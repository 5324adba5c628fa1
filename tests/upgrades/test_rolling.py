"""A rolling deploy while sessions live: other functions, then another agent; no session is lost."""

import asyncio
import sys
import time
from asyncio import FIRST_COMPLETED
from pathlib import Path
from typing import Any

import pytest
import websockets

from infra.local.options import AGENT_COMMAND, ROOT
from infra.local.stack import Options, Stack
from tests.integration.client import Client, Message, change, execute, function_of, idle_of, type_of
from tests.local.conftest import until

NEXT = "tests.upgrades.next_version:app"
COUNTING = (
    "runs = 0\n@interact\ndef f(n=slider(0, 999)):\n    global runs\n    runs += 1\n    print(n, runs)\n"
)
MOVES = 12


class Reader:
    """A page on which somebody moves a slider: it attaches again when it is cut off, as pages do."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._client: Client | None = None
        self.shown: list[Message] = []
        self.session = self.token = ""
        self.longest_wait = 0.0
        self.state = 1

    @property
    def _after(self) -> int:
        return self.shown[-1]["sequence"] if self.shown else 0

    async def open(self, code: str) -> None:
        self._client = await Client.connect(self._stack.websocket_url)
        await self._client.hello(idle_timeout=60)
        request = await self._client.send(execute(code))
        await self._client.until(idle_of(request))
        self.session, self.token = str(self._client.session), str(self._client.token)
        self._see()

    async def move(self, n: int) -> None:
        """Move the slider until what it shows is there: the same change is sent until it is answered."""
        self.state += 1
        request = change("f", self.state, n=n)
        began = time.monotonic()
        async with asyncio.timeout(20):
            while not await self._ask(request):
                pass
        self.longest_wait = max(self.longest_wait, time.monotonic() - began)

    async def _ask(self, request: Message) -> bool:
        client = self._client
        try:
            if client is None:
                client = await Client.connect(self._stack.websocket_url)
                await client.hello(self.session, self.token, after=self._after)
                self._client = client
            await client.send(request)
            answered = asyncio.create_task(client.until(idle_of(request), 2))
            await asyncio.wait({answered, asyncio.create_task(client.closed())}, return_when=FIRST_COMPLETED)
            if not answered.done():
                answered.cancel()
                self._see()
                self._client = None
                return False
            await answered
            return True
        except websockets.ConnectionClosed:
            self._client = None
            return False
        except (OSError, TimeoutError, websockets.InvalidHandshake):
            await asyncio.sleep(0.05)
            return False
        finally:
            self._see()

    def _see(self) -> None:
        """Take what has come, in its order; what comes again after a reconnect is known by its sequence."""
        for message in self._client.received if self._client else []:
            if "sequence" in message and message["sequence"] > self._after:
                self.shown.append(message)

    @property
    def lines(self) -> list[str]:
        streams = [one for one in self.shown if type_of(one) == "stream" and function_of(one) == "f"]
        return "".join(one["content"]["text"] for one in streams).splitlines()

    async def close(self) -> None:
        if self._client:
            await self._client.close()


@pytest.mark.timeout(120)
async def test_no_reader_loses_a_session_when_functions_and_agents_are_replaced(tmp_path: Path) -> None:
    async with Stack(
        Options(tmp_path / "state", agent_command=(*AGENT_COMMAND[:-1], "--drain-timeout=60"))
    ) as stack:
        reader = Reader(stack)
        await reader.open(COUNTING)

        replacing = asyncio.create_task(stack.replace_functions(NEXT))
        for n in range(1, MOVES):
            await reader.move(n)
        await replacing
        await reader.move(MOVES)
        while_functions, reader.longest_wait = reader.longest_wait, 0.0

        await stack.start_agent("second")
        await until(lambda: _states(stack) == ["online", "online"], 30)
        draining = await _drain(stack.options.state / "agent")
        await until(lambda: "draining" in _states(stack), 30)
        for n in range(MOVES + 1, 2 * MOVES):
            await reader.move(n)
        newcomer = Reader(stack)
        await newcomer.open(COUNTING)
        await newcomer.move(5)

        print(f"longest wait: functions {while_functions:.2f} s, agents {reader.longest_wait:.2f} s")  # noqa: T201
        assert _ran_on(stack, newcomer.session) != _ran_on(stack, reader.session)
        assert newcomer.lines == ["0 1", "5 2"]
        assert reader.lines == [f"{n} {n + 1}" for n in range(2 * MOVES)]
        sequences = [message["sequence"] for message in reader.shown]
        assert sequences == sorted(set(sequences))
        draining.terminate()
        await draining.wait()
        await reader.close()
        await newcomer.close()


def _rows(stack: Stack, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = stack.client("dynamodb").scan(TableName=f"longwire-local-{table}")["Items"]
    return rows


def _states(stack: Stack) -> list[str]:
    return sorted(row["state"]["S"] for row in _rows(stack, "devices") if "state" in row)


def _ran_on(stack: Stack, session: str) -> str:
    [row] = [row for row in _rows(stack, "sessions") if row["session_id"]["S"] == session]
    device: str = row["device_id"]["S"]
    return device


async def _drain(state: Path) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "device_agent.cli", "drain", "--patiently", "--timeout", "60")
    environment = {"LONGWIRE_AGENT_STATE": str(state), "LONGWIRE_AGENT_CONFIG": "/dev/null"}
    return await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
