"""What kernels of one zygote have in common, and what they must not have."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from device_agent.errors import KernelFailed
from device_agent.kernels import Kernel
from device_agent.policy import Policy
from device_agent.pool import KernelPool
from device_agent.sandbox.limits import Limits
from device_agent.settings import KernelspecSource
from tests.sandbox.conftest import kernels, run

RANDOM = """
import random, uuid, secrets, tempfile, numpy
print(random.random(), numpy.random.random(), uuid.uuid4(), secrets.token_hex(), tempfile.mktemp())
"""


async def two(pool: KernelPool) -> tuple[Kernel, Kernel]:
    return await pool.acquire(), await pool.acquire()


async def test_no_two_kernels_draw_the_same_random_numbers(pool: KernelPool) -> None:
    one, other = await two(pool)
    mine, theirs = (await run(one, RANDOM)).split(), (await run(other, RANDOM)).split()
    assert not set(mine) & set(theirs)
    await asyncio.gather(one.close(), other.close())


async def test_a_plot_is_shown_though_matplotlib_was_imported_before_the_fork(pool: KernelPool) -> None:
    kernel = await pool.acquire()
    assert "image/png" in await run(kernel, "import matplotlib.pyplot as p; p.plot([1, 2]); p.show()")
    assert await run(kernel, "print(p.get_fignums())") == "[]\n"
    await kernel.close()


async def test_the_pools_modules_are_imported_before_the_session_is(tmp_path: Path) -> None:
    async with kernels(tmp_path, policy=Policy(preload=("sqlite3", "no_such_module"))) as pool:
        kernel = await pool.acquire()
        assert await run(kernel, "import sys; print('sqlite3' in sys.modules)") == "True\n"
        assert await run(kernel, "import sys; print('numpy' in sys.modules)") == "False\n"
        await kernel.close()


async def test_a_kernel_has_a_loop_and_processes_of_its_own(pool: KernelPool) -> None:
    kernel = await pool.acquire()
    code = "import asyncio; await asyncio.sleep(0.01); print('slept')"
    assert await run(kernel, code) == "slept\n"
    code = "from multiprocessing import Pool\nwith Pool(2) as p: print(p.map(abs, [-1, -2]))"
    assert await run(kernel, code) == "[1, 2]\n"
    code = "import subprocess; print(subprocess.run(['echo', 'x'], capture_output=True, text=True).stdout)"
    assert await run(kernel, code) == "x\n\n"
    await kernel.close()


async def test_no_history_of_another_session_is_found(pool: KernelPool) -> None:
    one, other = await two(pool)
    await run(one, "secret = 1")
    assert "secret" not in await run(other, "%history -g")
    await asyncio.gather(one.close(), other.close())


async def test_an_error_of_matplotlib_or_a_file_of_one_session_is_not_the_others(pool: KernelPool) -> None:
    one, other = await two(pool)
    await run(
        one, "open('note', 'w').write('x'); import matplotlib; matplotlib.rcParams['lines.linewidth'] = 9"
    )
    assert await run(other, "import os; print(os.path.exists('note'))") == "False\n"
    assert "9" not in await run(other, "import matplotlib; print(matplotlib.rcParams['lines.linewidth'])")
    await asyncio.gather(one.close(), other.close())


async def test_a_stop_ends_what_the_cell_has_started_too(pool: KernelPool) -> None:
    kernel = await pool.acquire()
    running = asyncio.create_task(run(kernel, "import os\nprint('go', flush=True)\nos.system('sleep 60')"))
    while not await asyncio.to_thread(_runs, "sleep 60"):
        pass
    await kernel.interrupt()
    async with asyncio.timeout(5):
        assert (await running).startswith("go")
    await kernel.close()


def _runs(command: str) -> bool:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return command in listing.splitlines()


async def test_a_kernel_that_dies_says_so_at_once(pool: KernelPool) -> None:
    kernel = await pool.acquire()
    death = asyncio.create_task(kernel.died())
    asyncio.create_task(run(kernel, "import os; os._exit(3)"))  # noqa: RUF006 it never ends
    async with asyncio.timeout(2):
        assert await death == "kernel_died"
    await kernel.close()


async def test_too_much_processor_time_is_told_as_a_limit(tmp_path: Path) -> None:
    async with kernels(tmp_path, limits=Limits(cpu_seconds=1)) as pool:
        kernel = await pool.acquire()
        asyncio.create_task(run(kernel, "while True: pass"))  # noqa: RUF006 it never ends
        async with asyncio.timeout(20):
            assert await kernel.died() == "limit:cpu"
        await kernel.close()


async def test_a_zygote_that_is_killed_is_started_again(pool: KernelPool) -> None:
    kernel = await pool.acquire()
    zygote = pool.host.zygote
    assert zygote is not None
    os.kill(zygote.pid, signal.SIGKILL)
    async with asyncio.timeout(5):
        assert await kernel.died() == "kernel_died"
    await kernel.close()
    async with asyncio.timeout(20):
        kernel = await pool.acquire()
    assert await run(kernel, "print('again')") == "again\n"
    await kernel.close()


async def test_another_environments_kernel_runs_enclosed_without_the_zygotes_imports(tmp_path: Path) -> None:
    spec = KernelspecSource("other", Path(sys.executable))
    async with kernels(tmp_path, kernelspecs=(spec,)) as pool:
        kernel = await pool.acquire("other")
        assert await run(kernel, "import sys; print('numpy' in sys.modules)") == "False\n"
        assert await run(kernel, "import os; print(os.getpid() < 5, sorted(os.listdir('/session')))") == (
            "True ['.ipython']\n"
        )
        await kernel.close()


async def test_a_kernelspec_that_does_not_start_is_told_with_its_name(tmp_path: Path) -> None:
    directory = tmp_path / "broken"
    directory.mkdir()
    (directory / "kernel.json").write_text('{"argv": ["/usr/bin/false"], "language": "x"}')
    spec = KernelspecSource("broken", directory)
    async with kernels(tmp_path, kernelspecs=(spec,)) as pool:
        with pytest.raises(KernelFailed, match="ended while it started"):
            await pool.acquire("broken")


async def test_a_kernel_that_sends_faster_than_the_agent_reads_has_to_wait(pool: KernelPool) -> None:
    kernel = await pool.acquire()
    code = (
        "most = 0\nthread = get_ipython().kernel.iopub_thread\nfor _ in range(2000):\n"
        "    display({'text/plain': 'x' * 1000}, raw=True)\n"
        "    most = max(most, len(thread._events))\nprint('most', most)"
    )
    assert int((await run(kernel, code)).split()[-1]) < 200
    await kernel.close()
