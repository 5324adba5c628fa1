"""A live kernel as its client has it, whoever serves it: send, receive, and what one execution took."""

import asyncio
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from tests.integration.client import Message, request, type_of

TRIES = 3


class Session(ABC):
    """`received`: bytes of all messages so far."""

    received = 0

    @abstractmethod
    async def send(self, message: Message) -> None:
        """Send one message on the channel that it names."""

    @abstractmethod
    async def receive(self) -> list[Message]:
        """Wait for what comes next."""

    @abstractmethod
    async def close(self) -> None:
        """Leave the kernel."""


class Way(Protocol):
    """One way from a page to a kernel. Kernels are named by whatever the way knows them by."""

    async def start_kernel(self) -> Any:
        """Return when there is a kernel."""

    async def attach(self, kernel: Any) -> Session:
        """Return when an execution could be sent."""

    async def end_kernel(self, kernel: Any) -> None:
        """End it."""


Ways = Mapping[str, Way]


@asynccontextmanager
async def started(way: Way) -> AsyncIterator[Session]:
    """A session with a kernel of its own."""
    kernel, session = await _started(way)
    try:
        yield session
    finally:
        await session.close()
        await way.end_kernel(kernel)


async def _started(way: Way) -> tuple[Any, Session]:
    """Kernels of jupyter_client's listen on ports that a connection may have been given meanwhile: such a one
    answers nobody, and another is started.
    """
    tries = 0
    while True:
        kernel = await way.start_kernel()
        try:
            return kernel, await way.attach(kernel)
        except (TimeoutError, RuntimeError) as error:
            tries += 1
            if tries == TRIES:
                raise
            print(f"a kernel did not answer ({error}), another is started", file=sys.stderr)
            await way.end_kernel(kernel)


@dataclass(frozen=True)
class Answer:
    """What an execution brought: seconds to its first output, and to reply and `idle`; the outputs; bytes."""

    first: float
    done: float
    outputs: list[Message]
    received: int


async def run(session: Session, code: str, seconds: float = 30.0) -> Answer:
    """Execute and wait for reply and `idle`.

    Raises TimeoutError, and RuntimeError when the code raised an error or the kernel is gone.
    """
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
    asked = request("execute_request", "shell", {**content, "allow_stdin": False, "stop_on_error": True})
    before, outputs, first, missing = session.received, [], 0.0, {"execute_reply", "idle"}
    began = time.perf_counter()
    await session.send(asked)
    async with asyncio.timeout(seconds):
        while missing:
            for message in await session.receive():
                if type_of(message) == "computation_end":
                    raise RuntimeError(f"the session has ended: {message['content']}")
                if message["parent_header"].get("msg_id") != asked["header"]["msg_id"]:
                    continue
                if type_of(message) == "error":
                    raise RuntimeError(f"{message['content']['ename']}: {message['content']['evalue']}")
                if type_of(message) in ("stream", "display_data"):
                    first = first or time.perf_counter() - began
                    outputs.append(message)
                missing -= {type_of(message), message["content"].get("execution_state")}
    return Answer(first, time.perf_counter() - began, outputs, session.received - before)
