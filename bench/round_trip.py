"""A slider change to its first output in the websocket, beside the same print over ZMQ itself."""

import asyncio
import statistics
import time

from jupyter_client.manager import start_new_async_kernel

from bench import live
from bench.figures import row
from tests.integration.client import Client, change, idle_of, type_of

CHANGES = 300
ROUNDS = 6
CODE = "@interact\ndef f(n=slider(1, 1000, step=1)):\n    print(n)"


async def _longwire(client: Client, first_state: int, count: int) -> list[float]:
    taken = []
    for state in range(first_state, first_state + count):
        client.received.clear()
        began = time.perf_counter()
        sent = await client.send(change("f", state, n=state % 1000 + 1))
        await client.until(lambda message: type_of(message) == "stream")
        taken.append(time.perf_counter() - began)
        await client.until(idle_of(sent))
    return taken


async def _direct(kernel: object, count: int) -> list[float]:
    taken = []
    for number in range(count):
        began = time.perf_counter()
        kernel.execute(f"print({number})", store_history=False)  # type: ignore[attr-defined]
        first = None
        while True:
            message = await kernel.get_iopub_msg(timeout=10)  # type: ignore[attr-defined]
            if message["msg_type"] == "stream" and first is None:
                first = time.perf_counter() - began
            if message["content"].get("execution_state") == "idle":
                break
        taken.append(first or 0.0)
        await kernel.get_shell_msg(timeout=10)  # type: ignore[attr-defined]
    return taken


async def _measure(websocket: str) -> tuple[list[float], list[float]]:
    manager, kernel = await start_new_async_kernel()
    ours: list[float] = []
    theirs: list[float] = []
    try:
        async with await Client.connect(websocket) as client:
            await client.run(CODE)
            await _longwire(client, 2, 10)
            await _direct(kernel, 10)
            each = CHANGES // ROUNDS
            for number in range(ROUNDS):
                ours += await _longwire(client, 100 + number * each, each)
                theirs += await _direct(kernel, each)
    finally:
        kernel.stop_channels()
        await manager.shutdown_kernel(now=True)
    return ours, theirs


def main() -> None:
    with live.stack() as stack:
        ours, theirs = asyncio.run(_measure(stack.websocket))
    print(row("Longwire, local stack: change -> first output", ours))
    print(row("jupyter_client over ZMQ: print -> first output", theirs))
    print(f"ratio of medians: {statistics.median(ours) / statistics.median(theirs):.1f}")
