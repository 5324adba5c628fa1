"""All ways side by side, each started once and gone afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bench import live
from bench.compare.direct import Direct
from bench.compare.jupyter import JupyterServer, jupyter_server, kernel_gateway
from bench.compare.longwire import Longwire
from bench.compare.session import Way, Ways
from infra.local.options import AGENT_COMMAND
from tests.conftest import LiveStack

CAPACITY = 60


@dataclass(frozen=True)
class Stacks:
    """`page`: the address of Longwire's page. `ways` with kernels ready, `cold` with none."""

    page: str
    jupyter: JupyterServer
    ways: Ways
    cold: Ways


@contextlib.asynccontextmanager
async def stacks(*, quick: bool = False) -> AsyncIterator[Stacks]:
    """All ways, or those of the quick run: Longwire and jupyter_server's two."""
    opening: list[Any] = [_longwire(), jupyter_server(), jupyter_server(nodelay=True)]
    opening += [] if quick else [kernel_gateway(), _longwire("--warm-kernels=0")]
    async with contextlib.AsyncExitStack() as entered:
        stack, stock, nodelay, *more = await asyncio.gather(*map(entered.enter_async_context, opening))
        ways: dict[str, Way] = {
            "longwire": Longwire(stack),
            "jupyter_server": stock,
            "jupyter_server_nodelay": nodelay,
        }
        if quick:
            yield Stacks(f"{stack.url}/", stock, ways, {"jupyter_server": stock})
            return
        gateway, cold = more
        ways |= {"zmq": Direct(), "kernel_gateway": gateway}
        yield Stacks(f"{stack.url}/", stock, ways, {**ways, "longwire": Longwire(cold)})


@contextlib.asynccontextmanager
async def _longwire(*options: str) -> AsyncIterator[LiveStack]:
    command = (*AGENT_COMMAND, f"--capacity={CAPACITY}", *options)
    manager = live.stack(agent_command=command)
    stack = await asyncio.to_thread(manager.__enter__)
    try:
        yield stack
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)
