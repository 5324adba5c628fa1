"""One real kernel per test module."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings
from kernel_driver import Kernel, Manager

ROOT = Path(__file__).parents[2]
# A shared machine pauses tests for longer than any deadline.
settings.register_profile("kernel", deadline=None)
settings.load_profile("kernel")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def kernel(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kernel]:
    home = tmp_path_factory.mktemp("home")
    manager = Manager(transport="tcp")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "MPLCONFIGDIR": str(home),
    }
    await manager.start_kernel(env=env, cwd=str(home))
    kernel = Kernel(manager)
    await kernel.start()
    yield kernel
    kernel.client.stop_channels()
    await manager.shutdown_kernel(now=True)
