"""Slider changes of 10 busy sessions while 40 more are idle, beside one session alone; memory of all.

Each busy session changes its slider once a second for 20 s; every session has numpy and pyplot imported.
"""

import asyncio
import statistics
import time

from bench import live
from bench.figures import percentile, row
from bench.kernels import pss_mb
from device_agent.sandbox.watch import descendants
from infra.local.options import AGENT_COMMAND
from tests.integration.client import Client, change, idle_of, type_of

IDLE, BUSY, CHANGES, PERIOD = 40, 10, 20, 1.0
CODE = "import numpy, matplotlib.pyplot\n@interact\ndef f(n=slider(1, 1000, step=1)):\n    print(n)"


async def _change(client: Client, state: int) -> float:
    client.received.clear()
    began = time.perf_counter()
    sent = await client.send(change("f", state, n=state))
    await client.until(lambda message: type_of(message) == "stream")
    taken = time.perf_counter() - began
    await client.until(idle_of(sent))
    return taken


async def _drive(client: Client, offset: float, state: int) -> list[float]:
    """One change a period, whatever the one before took."""
    taken = []
    begins = time.perf_counter() + offset
    for number in range(CHANGES):
        await asyncio.sleep(max(0.0, begins + number * PERIOD - time.perf_counter()))
        taken.append(await _change(client, state + number))
    return taken


async def _open(websocket: str) -> Client:
    client = await Client.connect(websocket)
    await client.hello(idle_timeout=600)
    await client.run(CODE, 60)
    await _change(client, 2)
    return client


async def _measure(websocket: str, agent: int) -> tuple[list[float], list[float]]:
    first = await _open(websocket)
    alone = await _drive(first, 0.0, 100)
    clients = [first, *[await _open(websocket) for _ in range(IDLE + BUSY - 1)]]
    busy = await asyncio.gather(
        *(_drive(client, number * PERIOD / BUSY, 200) for number, client in enumerate(clients[:BUSY]))
    )
    print(f"PSS of agent, zygote and {IDLE + BUSY} sessions: {pss_mb(descendants(agent)):.0f} MB")
    for client in clients:
        await client.close()
    return alone, [taken for each in busy for taken in each]


def main() -> None:
    command = (*AGENT_COMMAND, f"--capacity={IDLE + BUSY + 2}")
    with live.stack(agent_command=command) as stack:
        alone, busy = asyncio.run(_measure(stack.websocket, stack.stack.pid_of("agent")))
    print(row("change -> first output, one session alone", alone))
    print(row(f"change -> first output, {BUSY} busy and {IDLE} idle sessions", busy))
    print(f"ratio of medians {statistics.median(busy) / statistics.median(alone):.2f}, "
          f"of 95th percentiles {percentile(busy, 0.95) / percentile(alone, 0.95):.2f}")  # fmt: skip
