"""All ways side by side, each started once and gone afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from bench import live
from bench.compare.direct import Direct
from bench.compare.jupyter import JupyterServer, jupyter_server, kernel_gateway
from bench.compare.longwire import Longwire
from bench.compare.session import Way
from infra.local.options import AGENT_COMMAND
from tests.conftest import LiveStack

CAPACITY = 60


@dataclass(frozen=True)
class Stacks:
    """`page`: the address of Longwire's page. `cold`: a Longwire whose device keeps no kernel ready."""

    page: str
    jupyter: JupyterServer
    cold: Way
    ways: dict[str, Way] = field(default_factory=dict)


@contextlib.asynccontextmanager
async def stacks(*, quick: bool = False) -> AsyncIterator[Stacks]:
    """`quick`: without kernel_gateway and the cold Longwire."""
    async with contextlib.AsyncExitStack() as entered:
        enter = entered.enter_async_context
        opening: list[Any] = [
            enter(_longwire()),
            enter(jupyter_server()),
            enter(jupyter_server(nodelay=True)),
        ]
        opening += [] if quick else [enter(kernel_gateway()), enter(_longwire("--warm-kernels=0"))]
        stack, stock, nodelay, *more = await asyncio.gather(*opening)
        ways: dict[str, Way] = {
            "longwire": Longwire(stack),
            "zmq": Direct(),
            "jupyter_server": stock,
            "jupyter_server_nodelay": nodelay,
        }
        if more:
            ways["kernel_gateway"] = more[0]
        yield Stacks(f"{stack.url}/", stock, Longwire(more[1]) if more else ways["longwire"], ways)


@contextlib.asynccontextmanager
async def _longwire(*options: str) -> AsyncIterator[LiveStack]:
    command = (*AGENT_COMMAND, f"--capacity={CAPACITY}", *options)
    manager = live.stack(agent_command=command)
    stack = await asyncio.to_thread(manager.__enter__)
    try:
        yield stack
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)
