"""The whole system, started once for all tests that need it: real stack, real agent, real kernels."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from infra.local.stack import Options, Stack

# How long an example takes says more of the machine's load than of the code.
hypothesis.settings.register_profile("longwire", deadline=None)
hypothesis.settings.load_profile("longwire")

# An author's page, which the browser tests make up: the stack lets it hold cells.
AUTHORS_ORIGIN = "http://author.test"
WEB = Path(__file__).resolve().parent.parent / "web" / "dist"


class LiveStack:
    """A stack that runs in a thread of its own, so that tests of every kind can use it."""

    def __init__(self, options: Options) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.stack = Stack(options)
        self.call(self.stack.__aenter__())

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def stop(self) -> None:
        self.call(self.stack.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def logs_with(self, text: str) -> list[str]:
        """The names of the logs of the stack's processes in which a text stands."""
        logs = self.stack.options.state.parent / "log"
        return [log.name for log in logs.iterdir() if text in log.read_text(errors="replace")]

    @property
    def url(self) -> str:
        return self.stack.url

    @property
    def api(self) -> str:
        return self.stack.api_url

    @property
    def websocket(self) -> str:
        return self.stack.websocket_url


@contextlib.contextmanager
def live_stack(state: Path, **options: Any) -> Iterator[LiveStack]:
    """A stack with the web page, if that is built."""
    web = WEB if (WEB / "index.html").is_file() else None
    stack = LiveStack(Options(state=state, web=web, **options))
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """One stack for all tests of the run."""
    state = tmp_path_factory.mktemp("stack") / "state"
    with live_stack(state, allow_origins=(AUTHORS_ORIGIN,)) as stack:
        yield stack


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[LiveStack]:
    """A stack of the test's own, for tests that kill its parts."""
    with live_stack(tmp_path / "state", schedule_seconds=2) as stack:
        yield stack
