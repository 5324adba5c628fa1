"""The clock of a device's host is set, while the agent runs."""

import asyncio
import contextlib
import time
import urllib.request
from pathlib import Path

import pytest

from tests.chaos.conftest import LEASE, MakeDevice, Saw
from tests.chaos.device import until
from tests.chaos.reader import SLIDER, Reader
from tests.conftest import LiveStack

FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
pytestmark = pytest.mark.skipif(
    FAKETIME is None, reason="libfaketime is not installed (apt-get install libfaketime)"
)

LARGE = "from IPython.display import HTML, display\ndisplay(HTML('x' * 300_000))"


THOROUGH = pytest.mark.thorough


@pytest.mark.timeout(120)
@pytest.mark.parametrize("step", ["+2h", *(pytest.param(far, marks=THOROUGH) for far in ("-2h", "+400d"))])
async def test_the_clock_steps(live: LiveStack, device: MakeDevice, place: Path, saw: Saw, step: str) -> None:
    clock = place / "clock"
    clock.write_text("+0")
    agent = await device(
        "--sandbox=none",
        env={
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        },
    )
    async with Reader.open(live) as reader:
        await reader.run(SLIDER)
        clock.write_text(step)
        await until(lambda: "this host's clock is" in agent.status.get("trouble", ""))
        ends_at = time.monotonic() + LEASE + 2
        state = 1
        while time.monotonic() < ends_at:
            state += 1
            await reader.move(state, state)
        await reader.run(LARGE)
        [link] = [message for message in reader.client.of_type("display_data") if message["content"] == {}]
        assert await _fetched(link["metadata"]["payload"]["url"])
        clock.write_text("+0")
        await until(lambda: abs(agent.status.get("skew", 0)) < 60)
        await reader.move(state + 1, 0)
        assert reader.ends == []
        await reader.saw_nothing_twice()
    async with Reader.open(live) as fresh:
        await fresh.run("print('back')")
        assert fresh.text() == "back\n"
    saw(
        f"the clock of the device's host steps by {step} and back",
        "nothing; the agent says that the clock is wrong",
    )


async def _fetched(url: str) -> bool:
    """Fetch what a link leads to, as a page does: again when that fails."""

    def fetch() -> bool:
        with contextlib.suppress(ConnectionError), urllib.request.urlopen(url, timeout=10) as answer:
            return len(answer.read()) > 300_000
        return False

    return any([await asyncio.to_thread(fetch) for _ in range(3)])
