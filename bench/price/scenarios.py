"""What readers, watchers, devices and the service itself do, counted on a live stack."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

from playwright.sync_api import expect, sync_playwright

from bench import live
from bench.price.counted import Counts, Meters, free_port
from infra.local.options import AGENT_COMMAND
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_cell import drag, output
from tests.browser.test_cell import run as run_in_page
from tests.conftest import LiveStack
from tests.integration.client import Client, change, idle_of, type_of

PRINTS = "print('hello')"
SLIDER = "@interact\ndef f(n=slider(1, 1000, step=1)):\n    print(n)"
DRAGS = {
    f"drag of {milliseconds} ms": (
        "import time\n@interact\ndef f(n=slider(0, 1000, step=1)):\n"
        f"    time.sleep({milliseconds / 1000})\n    print(n)"
    )
    for milliseconds in (5, 100)
} | {
    "drag of a plot": (
        "import numpy as np, matplotlib.pyplot as plt\n"
        "@interact\ndef f(n=slider(0, 1000, step=1)):\n"
        "    x = np.linspace(0, 10, 400)\n    plt.plot(x, np.sin(x * n / 100))\n    plt.show()\n    print(n)"
    )
}
IMAGE = (
    "import os\nfrom IPython.display import Image, display\n"
    "display(Image(data=os.urandom(786_432), format='png'))"
)
IMAGE_BYTES = 1024 * 1024
RUNS, CHANGES, HELLOS, IMAGES, WATCHERS = 10, 20, 20, 5, 10
DRAG_SECONDS, DRAG_ROUNDS = 10.0, 2
IDLE_SECONDS = 60.0
SWEEP_SECONDS = 0.5
SWEEPS_FOR = 10.0
# Nothing but the scenario itself: heartbeats and sweeps have scenarios of their own.
QUIET = {"LONGWIRE_HEARTBEAT_INTERVAL": "3600", "LONGWIRE_DEVICE_LOST_AFTER": "9000"}
# Quotas are counted as they are on AWS; nobody reaches them here.
QUOTAS = {f"LONGWIRE_ANONYMOUS_{what}": "1000000" for what in (
    "LIVE_SESSIONS", "RUNS_PER_MINUTE", "COMPUTE_SECONDS_PER_HOUR",
)}  # fmt: skip
NEVER = 1e6


def counted() -> dict[str, Counts]:
    """The counts of every scenario, for one of it; takes some five minutes."""
    found = _of_readers()
    for name, code in DRAGS.items():
        found |= _of_a_drag(name, code)
    return found | _of_a_device() | _of_the_service()


def _of_readers() -> dict[str, Counts]:
    with _quiet_stack() as meters:
        asyncio.run(_readers(meters, meters.stack))
        return meters.found


@contextlib.contextmanager
def _quiet_stack() -> Iterator[Meters]:
    port = free_port()
    command = (*AGENT_COMMAND, f"--metrics-port={port}")
    with live.stack(agent_command=command, app_env=QUIET | QUOTAS, schedule_seconds=NEVER) as stack:
        meters = Meters(stack, port)
        meters.ready()
        yield meters


async def _readers(meters: Meters, stack: LiveStack) -> None:
    await _run(meters, stack, "run", PRINTS)
    await _run(meters, stack, "run with a slider", SLIDER)
    client = await Client.connect(stack.websocket)
    await client.hello(idle_timeout=3600)
    await client.run(SLIDER, 60)
    await _changes(meters, client, "change", 2)
    async with meters.count("hello", HELLOS):
        for _ in range(HELLOS):
            await client.hello(client.session, client.token)
    await _watchers(meters, stack, client)
    await _images(meters, client)
    await client.close()


async def _run(meters: Meters, stack: LiveStack, name: str, code: str) -> None:
    """From the opened page to the end of the session and of the page."""
    async with meters.count(name, RUNS):
        for _ in range(RUNS):
            async with await Client.connect(stack.websocket) as client:
                await client.hello(**({"idle_timeout": 1} if code == SLIDER else {}))
                await client.run(code, 60)
                await client.until(lambda message: type_of(message) == "computation_end", 60)


async def _changes(meters: Meters, client: Client, name: str, first: int) -> None:
    """One at a time, each when all has come to rest after the one before."""
    async with meters.count(name, CHANGES):
        for state in range(first, first + CHANGES):
            await client.until(idle_of(await client.send(change("f", state, n=state))))
            await asyncio.sleep(1.5)  # a session at rest looks once more, which belongs to the change


async def _watchers(meters: Meters, stack: LiveStack, client: Client) -> None:
    """One that joins and leaves; and what one more costs for every run of what it watches."""
    token = next(
        message["content"]["watch_token"]
        for message in client.received
        if "watch_token" in message.get("content", {})
    )
    async with meters.count("watcher joins and leaves", WATCHERS):
        for _ in range(WATCHERS):
            async with await Client.connect(stack.websocket) as watcher:
                await watcher.hello(client.session, token)
    watchers = [await Client.connect(stack.websocket) for _ in range(WATCHERS)]
    for watcher in watchers:
        await watcher.hello(client.session, token)
    await _changes(meters, client, "watched change", 2 + CHANGES)
    watched, alone = meters.found.pop("watched change"), meters.found["change"]
    meters.note("watcher of a change", alone, watched, WATCHERS)
    for watcher in watchers:
        await watcher.close()


async def _images(meters: Meters, client: Client) -> None:
    async with meters.count("image of 1 MB", IMAGES):
        for _ in range(IMAGES):
            await client.run(IMAGE, 60)
    meters.found["image of 1 MB"] |= {"links followed": 1.0, "bytes followed": IMAGE_BYTES}


def _of_a_drag(name: str, code: str) -> dict[str, Counts]:
    """A second of dragging in a real page, at 60 Hz."""
    with _quiet_stack() as meters, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page()
        page.goto(meters.stack.url)
        cell = run_in_page(page, code)
        expect(output(cell)).to_have_text("0", timeout=30_000)
        before = meters.at_rest()
        for _ in range(DRAG_ROUNDS):
            drag(cell, DRAG_SECONDS)
        meters.note(name, before, meters.at_rest(), DRAG_ROUNDS * DRAG_SECONDS)
        browser.close()
        return meters.found


def _of_a_device() -> dict[str, Counts]:
    """A minute of an agent that has nothing to do."""
    port = free_port()
    with live.stack(
        agent_command=(*AGENT_COMMAND, f"--metrics-port={port}"), schedule_seconds=NEVER
    ) as stack:
        meters = Meters(stack, port)
        meters.ready()
        before = meters.at_rest()
        time.sleep(IDLE_SECONDS)
        meters.note("idle minute of a device", before, meters.look(), 1)
        return meters.found


def _of_the_service() -> dict[str, Counts]:
    """A sweep, which is all that the service does by itself."""
    with live.stack(is_agent_on=False, schedule_seconds=SWEEP_SECONDS) as stack:
        meters = Meters(stack)
        time.sleep(2 * SWEEP_SECONDS)
        before = meters.look()
        time.sleep(SWEEPS_FOR)
        after = meters.look()
        sweeps = after["gateway/lambda.sweep"] - before["gateway/lambda.sweep"]
        meters.note("sweep", before, after, sweeps)
        return meters.found
