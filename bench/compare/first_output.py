"""From Run to the first output, cold and warm.

Cold: Run starts the kernel; Longwire's device has none ready and forks one. Warm: somebody has started a
kernel and run something in it, and Run connects to it; Longwire's device has one ready, which is new.
"""

import time

from bench.compare.collected import Collected
from bench.compare.session import Way, Ways, run, started


async def measure(collected: Collected, rounds: int, cold: Ways, warm: Ways) -> None:
    kernels = {name: await _warm_kernel(way) for name, way in warm.items()}
    for _ in range(rounds):
        for name, way in cold.items():
            collected.add_seconds(f"first_output_cold/{name}/first", await _cold(way))
        for name, way in warm.items():
            collected.add_seconds(f"first_output_warm/{name}/first", await _warm(way, kernels[name]))
    for name, way in warm.items():
        await way.end_kernel(kernels[name])


async def _warm_kernel(way: Way) -> object:
    kernel = await way.start_kernel()
    session = await way.attach(kernel)
    await run(session, "print(1)")
    await session.close()
    return kernel


async def _cold(way: Way) -> float:
    began = time.perf_counter()
    async with started(way) as session:
        before = time.perf_counter() - began
        return before + (await run(session, "print(1)")).first


async def _warm(way: Way, kernel: object) -> float:
    began = time.perf_counter()
    session = await way.attach(kernel)
    before = time.perf_counter() - began
    answer = await run(session, "print(1)")
    await session.close()
    return before + answer.first
