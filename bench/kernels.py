"""Run to first output, and memory of an idle session: a cold ipykernel beside the zygote and the pool.

All in one run, the ways taken in turn. "Cold" is ipykernel's own kernelspec, started by jupyter_client.
"""

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

from bench.figures import row
from chalicelib.messages import make
from device_agent.kernels import Kernel
from device_agent.policy import Policy
from device_agent.pool import KernelPool
from device_agent.sandbox.levels import Level
from device_agent.sandbox.watch import descendants
from device_agent.settings import AgentSettings
from tests.sandbox.conftest import BEST, run

ROUNDS = 15
SESSIONS = 20
IMPORTS = "import numpy, matplotlib.pyplot"


@asynccontextmanager
async def _pool(level: Level, warm: int) -> AsyncIterator[KernelPool]:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        settings = AgentSettings(
            api_url="", state_dir=place, work_dir=place, sandbox=level, warm_kernels=warm
        )
        pool = KernelPool(settings, Policy())
        pool.start()
        try:
            yield pool
        finally:
            await pool.close()


async def _cold_kernel() -> tuple[AsyncKernelManager, AsyncKernelClient]:
    manager = AsyncKernelManager(kernel_name="python3", transport="ipc")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=30)
    return manager, client


async def _cold() -> float:
    began = time.perf_counter()
    manager, client = await _cold_kernel()
    client.execute("print(1)")
    while (await client.get_iopub_msg(timeout=10))["header"]["msg_type"] != "stream":
        pass
    taken = time.perf_counter() - began
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    return taken


async def _first_output(kernel: Kernel) -> None:
    content = {"code": "print(1)", "silent": False, "store_history": False, "allow_stdin": False}
    await kernel.send(make("execute_request", "shell", content))
    async for message, _ in kernel.messages("iopub"):
        if message["header"]["msg_type"] == "stream":
            return


async def _forked(pool: KernelPool) -> float:
    began = time.perf_counter()
    kernel = await pool.acquire()
    await _first_output(kernel)
    taken = time.perf_counter() - began
    await kernel.close()
    return taken


def pss_mb(pids: list[int]) -> float:
    """Proportional set size: a page that n processes share counts one n-th for each (proc(5))."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


async def _starts() -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {}
    async with _pool("none", 0) as plain, _pool(BEST, 0) as enclosed, _pool(BEST, 1) as ready:
        ways: dict[str, Callable[[], Awaitable[float]]] = {
            "cold ipykernel": _cold,
            "zygote": lambda: _forked(plain),
            "zygote in the sandbox": lambda: _forked(enclosed),
            "pool in the sandbox": lambda: _forked(ready),
        }
        for _ in range(ROUNDS):
            for name, way in ways.items():
                await ready.filled()
                taken.setdefault(name, []).append(await way())
    return taken


async def _memory() -> dict[str, float]:
    cold = [await _cold_kernel() for _ in range(SESSIONS)]
    for _, client in cold:
        await client.execute_interactive(IMPORTS, timeout=30)
    pids = [int(manager.provisioner.process.pid) for manager, _ in cold]  # type: ignore[union-attr]
    figures = {"cold ipykernel": pss_mb(pids) / SESSIONS}
    for manager, client in cold:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
    async with _pool(BEST, 0) as pool:
        kernels = [await pool.acquire() for _ in range(SESSIONS)]
        for kernel in kernels:
            await run(kernel, IMPORTS)
        zygote: Any = pool.host.zygote
        figures["zygote in the sandbox, its own memory shared out"] = (
            pss_mb(descendants(zygote.pid)) / SESSIONS
        )
        for kernel in kernels:
            await kernel.close()
    return figures


def main() -> None:
    taken = asyncio.run(_starts())
    cold = statistics.median(taken["cold ipykernel"])
    for name, seconds in taken.items():
        print(
            row(f"Run to first output, {name}", seconds), f"  ratio {statistics.median(seconds) / cold:.3f}"
        )
    figures = asyncio.run(_memory())
    for name, megabytes in figures.items():
        ratio = megabytes / figures["cold ipykernel"]
        print(f"PSS of an idle session of {SESSIONS}, numpy and pyplot imported, {name}: "
              f"{megabytes:.1f} MB  ratio {ratio:.3f}")  # fmt: skip
    sys.stdout.flush()
