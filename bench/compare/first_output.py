"""From Run to the first output, cold and warm.

Cold: Run starts the kernel; Longwire's device has none ready and forks one. Warm: somebody has started a
kernel and run something in it, and Run connects to it; Longwire's device has one ready, which is new.
"""

import time

from bench.compare.collected import Collected
from bench.compare.session import Way, run, started
from bench.compare.stacks import Stacks


async def measure(stacks: Stacks, collected: Collected, rounds: int) -> None:
    cold = {**stacks.ways, "longwire": stacks.cold}
    kernels = {name: await _warm_kernel(way) for name, way in stacks.ways.items()}
    for _ in range(rounds):
        for name, way in stacks.ways.items():
            collected.add_seconds(f"first_output_cold/{name}/first", await _cold(cold[name]))
            collected.add_seconds(f"first_output_warm/{name}/first", await _warm(way, kernels[name]))
    for name, way in stacks.ways.items():
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
