"""One stack with short leases for all faults, devices of each test's own, and the table of what was seen."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import pools
from infra.local.stack import PREFIX
from tests.chaos.device import Device
from tests.chaos.report import Row, write
from tests.conftest import LiveStack, live_stack

LEASE = 6.0
"""Seconds of silence after which the service gives a device up; 25 by default."""
TIMES = {"LONGWIRE_HEARTBEAT_INTERVAL": "1", "LONGWIRE_DEVICE_LOST_AFTER": str(LEASE)}
DEBUG = "LONGWIRE_CHAOS_LOGS" in os.environ
ROWS = pytest.StashKey[list[Row]]()

MakeDevice = Callable[..., Awaitable[Device]]
Saw = Callable[[str, str], None]


@contextlib.contextmanager
def short_directory() -> Iterator[Path]:
    """A unix socket's path has room for 107 characters: pytest's own directories are too long for it."""
    directory = Path(tempfile.mkdtemp(prefix="lw-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def place() -> Iterator[Path]:
    with short_directory() as directory:
        yield directory


@contextlib.contextmanager
def stack_of(**options: Any) -> Iterator[LiveStack]:
    """A stack without an agent, whose kernels have nothing imported: numpy would take most of the time."""
    with (
        short_directory() as directory,
        live_stack(directory / "state", is_agent_on=False, **options) as live,
    ):
        pools.set_policy(live.stack.endpoints.clients(PREFIX), "default", {"preload": []})
        yield live


@pytest.fixture(scope="package")
def chaos_stack() -> Iterator[LiveStack]:
    with stack_of(schedule_seconds=1, app_env=TIMES) as live:
        yield live


@pytest.fixture
def live(chaos_stack: LiveStack) -> Iterator[LiveStack]:
    """The stack; whatever a test lets go wrong is mended after it."""
    yield chaos_stack
    chaos_stack.stack.set_faults()


@pytest.fixture(scope="package")
def patient_stack() -> Iterator[LiveStack]:
    with stack_of(schedule_seconds=5) as live:
        yield live


@pytest.fixture
def patient(patient_stack: LiveStack) -> Iterator[LiveStack]:
    """A stack with leases as long as they are, for what lasts as long as it does."""
    yield patient_stack
    patient_stack.stack.set_faults()


@pytest.fixture
async def device(live: LiveStack, place: Path) -> AsyncIterator[MakeDevice]:
    """Return a function that starts a device; all are ended after the test."""
    made: list[Device] = []

    async def make(*options: str, stack: LiveStack = live, start: bool = True, **more: Any) -> Device:
        one = Device(stack, place / str(len(made)), *options, **more)
        made.append(one)
        return await one.start() if start else one

    yield make
    for one in made:
        await one.close()
        sys.stdout.write(f"\nThe end of the log of {one.state}:\n{one.log}" if DEBUG else "")


@pytest.fixture
def saw(request: pytest.FixtureRequest) -> Saw:
    """Tell what the reader saw of a fault: it is printed, and a row of the table."""

    def tell(fault: str, seen: str) -> None:
        sys.stdout.write(f"\n  {fault}\n    -> {seen}\n")
        request.config.stash.setdefault(ROWS, []).append(Row(fault, seen))

    return tell


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These wait for leases and outages; where others use the machine, too, that takes its time."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(150))


def pytest_sessionfinish(session: pytest.Session) -> None:
    write(session.config.stash.get(ROWS, []))
