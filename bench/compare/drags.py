"""A slider dragged at 60 Hz for 2 s, over functions that take 5, 100 and 1,000 ms and over a plot.

bench/page is the hand, and both pages: see its main.ts. ipywidgets' `interact` goes over jupyter_server's
websocket.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.compare.collected import Collected
from bench.compare.stacks import Stacks

ROOT = Path(__file__).resolve().parents[2]
DRAG_SECONDS = 60.0
UNITS = {
    "staleness": "ms", "silence": "ms", "runs": "runs", "live": "updates", "shown": "updates",
    "backwards": "updates", "received": "bytes", "sent": "bytes",
}  # fmt: skip


@dataclass(frozen=True)
class Function:
    """`seconds`: what a call takes, nearly."""

    name: str
    seconds: float
    body: str
    imports: str = "import time"


FUNCTIONS = (
    Function("5_ms", 0.005, "time.sleep(0.005); print(n)"),
    Function("100_ms", 0.1, "time.sleep(0.1); print(n)"),
    Function("1000_ms", 1.0, "time.sleep(1); print(n)"),
    Function(
        "plot",
        0.15,
        "plt.figure(figsize=(7, 3)); plt.plot(x, np.sin(x * n / 50)); plt.show()",
        "import numpy as np, matplotlib.pyplot as plt\nx = np.linspace(0, 6.28, 400)",
    ),
)
HUNDRED = FUNCTIONS[1]
OTHERS = tuple(function for function in FUNCTIONS if function is not HUNDRED)
COUNTED = "    global ran\n    ran += 1\n"


def _ours(function: Function, options: str = "") -> str:
    head = f"{function.imports}\nran = 0\n@interact{options}\ndef f(n=slider(0, 100000, step=1)):\n"
    return head + COUNTED + f"    {function.body}"


def _theirs(function: Function) -> str:
    head = f"from ipywidgets import interact, IntSlider\n{function.imports}\nran = 0\n"
    return head + f"@interact(n=IntSlider(min=0, max=100000))\ndef f(n):\n{COUNTED}    {function.body}"


async def measure(
    stacks: Stacks,
    collected: Collected,
    rounds: int,
    unthrottled_rounds: int,
    functions: tuple[Function, ...],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        program = await _bundled(Path(directory))
        for function in functions:
            async with _cases(stacks, function, rounds, unthrottled_rounds) as cases:
                async for found in _dragged(program, cases):
                    for measure, unit in UNITS.items():
                        collected.add(f"drag_{function.name}/{found['case']}/{measure}", found[measure], unit)


@asynccontextmanager
async def _cases(
    stacks: Stacks, function: Function, rounds: int, unthrottled_rounds: int
) -> AsyncIterator[list[dict[str, Any]]]:
    """What bench/page/main.ts is told; ipywidgets' kernels live as long."""
    shared = {"run_seconds": function.seconds, "rounds": rounds}
    ours = {**shared, "kind": "longwire", "url": stacks.page}
    cases = [
        {**ours, "name": "longwire", "code": _ours(function)},
        {**ours, "name": "longwire_preempt", "code": _ours(function, "(preempt=True)")},
    ]
    async with AsyncExitStack() as kernels:
        for kind, count in (("ipywidgets", rounds), ("unthrottled", unthrottled_rounds)):
            if not count:
                continue
            kernel = await stacks.jupyter.start_kernel()
            kernels.push_async_callback(stacks.jupyter.end_kernel, kernel)
            url = stacks.jupyter.websocket_of(kernel)
            cases.append(
                {**shared, "kind": kind, "name": kind, "url": url, "code": _theirs(function), "rounds": count}
            )
        yield cases


async def _bundled(directory: Path) -> Path:
    program = directory / "main.mjs"
    rolldown = ROOT / "web" / "node_modules" / ".bin" / "rolldown"
    source = ROOT / "bench" / "page" / "main.ts"
    process = await asyncio.create_subprocess_exec(
        str(rolldown),
        str(source),
        "--file",
        str(program),
        "--platform",
        "node",
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise RuntimeError("rolldown could not bundle bench/page")
    return program


async def _dragged(program: Path, cases: list[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """What the drags came to, one after the other. Raises RuntimeError when one failed."""
    # Node 20 has the browser's WebSocket, but only on demand.
    command = ["node", "--experimental-websocket", "--disable-warning=ExperimentalWarning", str(program)]
    process = await asyncio.create_subprocess_exec(
        *command, json.dumps(cases), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        while line := await asyncio.wait_for(process.stdout.readline(), DRAG_SECONDS):
            yield json.loads(line)
        if await process.wait() != 0:
            raise RuntimeError("a drag failed")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
