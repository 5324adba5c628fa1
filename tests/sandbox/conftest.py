"""Kernels as the agent starts them, without the rest of the agent."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.messages import Message, make
from device_agent.kernels import Kernel
from device_agent.policy import Policy
from device_agent.pool import KernelPool
from device_agent.sandbox.levels import Level
from device_agent.settings import AgentSettings

BEST: Level = "full" if os.geteuid() == 0 else "rootless"
Ran = tuple[str, list[Message]]


@contextlib.asynccontextmanager
async def kernels(
    place: Path, level: Level = BEST, policy: Policy | None = None, **settings: Any
) -> AsyncIterator[KernelPool]:
    """A pool of kernels with its zygote, closed in the end."""
    made = AgentSettings(api_url="", state_dir=place / "state", sandbox=level, **settings)
    pool = KernelPool(made, policy or Policy())
    pool.start()
    try:
        yield pool
    finally:
        await pool.close()


async def run(kernel: Kernel, code: str) -> str:
    """Everything that the code prints; errors as `Name: text`."""
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    request = make("execute_request", "shell", content)
    await kernel.send(request)
    text = ""
    async for message, _ in kernel.messages("iopub"):
        if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
            continue
        said = message["content"]
        if message["header"]["msg_type"] == "error":
            text += f"{said['ename']}: {said['evalue']}"
        text += said.get("text", "")
        text += " ".join(said.get("data", {}))
        if said.get("execution_state") == "idle":
            break
    return text


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[KernelPool]:
    async with kernels(tmp_path) as made:
        yield made
