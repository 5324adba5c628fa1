"""What kernels of one zygote have in common, and what they must not have."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from device_agent import host, room
from device_agent import pool as pools
from device_agent.errors import KernelFailed
from device_agent.kernels import Kernel
from device_agent.kernelspecs import DEFAULT
from device_agent.policy import Policy
from device_agent.pool import KernelPool
from device_agent.sandbox.limits import Limits
from device_agent.sandbox.watch import descendants
from device_agent.settings import AgentSettings, Capacity, KernelspecSource
from device_agent.zygote import __main__ as zygote_main
from device_agent.zygote import wire
from device_agent.zygote.client import Zygote
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


async def ready(pool: KernelPool) -> Zygote:
    """The zygote, when it has started."""
    kernel = await pool.acquire()
    await kernel.close()
    assert pool.host.zygote is not None
    return pool.host.zygote


async def test_a_process_that_cannot_enter_its_group_says_so_and_ends(pool: KernelPool) -> None:
    zygote = await ready(pool)
    session, theirs = wire.pair()
    session.setblocking(False)
    not_writable = os.open(os.devnull, os.O_RDONLY)
    with session, theirs:
        async with asyncio.timeout(5):
            process = await zygote.fork(theirs, None, not_writable)
            said, _ = await wire.received(session)
            assert await process.status == 1
    assert "Bad file descriptor" in said["error"]
    os.close(not_writable)
    process.close()
    await (await pool.acquire()).close()


async def test_a_fork_that_nobody_waits_for_any_more_leaves_nothing(tmp_path: Path) -> None:
    async with kernels(tmp_path, warm_kernels=0) as pool:
        zygote = await ready(pool)
        server = descendants(zygote.pid)[-1]
        session, theirs = wire.pair()
        with session, theirs:
            before = _open_files()
            os.kill(server, signal.SIGSTOP)
            waiting = asyncio.create_task(pool.host.fork(theirs, "given-up"))
            await asyncio.sleep(0)
            [child] = zygote._sessions.values()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert not pool.host._sessions
            os.kill(server, signal.SIGCONT)
            async with asyncio.timeout(5):
                await child.status
            assert _open_files() == before


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_fork_that_fails_leaves_its_uid_to_others(tmp_path: Path) -> None:
    async with kernels(tmp_path, warm_kernels=0) as pool:
        zygote = await ready(pool)
        zygote._control.close()
        with pytest.raises((KernelFailed, OSError)):
            await Kernel.start(pool.host, 5)
        assert not pool.host._sessions


async def test_whatever_goes_wrong_once_there_are_spare_kernels_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "has_memory", _fails_once(room.has_memory))
    async with kernels(tmp_path, policy=Policy(preload=()), warm_kernels=1) as pool:
        async with asyncio.timeout(20):
            await pool.filled()


def _fails_once(works: Callable[[Capacity], bool]) -> Callable[[Capacity], bool]:
    failures = [ZeroDivisionError()]

    def fails(capacity: Capacity) -> bool:
        if failures:
            raise failures.pop()
        return works(capacity)

    return fails


def test_no_session_gets_the_agents_uid_when_all_others_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "_UIDS", 1)
    full = host.Host(AgentSettings("", tmp_path, sandbox="full"), Policy())
    full.take_uid("one")
    with pytest.raises(KernelFailed, match="every uid"):
        full.take_uid("other")


async def test_a_session_may_open_few_files_though_its_zygote_may_open_many(tmp_path: Path) -> None:
    spec = KernelspecSource("other", Path(sys.executable))
    async with kernels(tmp_path, kernelspecs=(spec,), limits=Limits(open_files=77)) as pool:
        for name in (DEFAULT, "other"):
            kernel = await pool.acquire(name)
            assert await run(kernel, "import resource; print(resource.getrlimit(7))") == "(77, 77)\n"
            await kernel.close()


def test_a_child_of_which_nobody_can_be_told_ends_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    control, theirs = wire.pair()

    def refuse(to: socket.socket, body: wire.Body, descriptors: Iterable[int] = ()) -> None:
        if descriptors:
            raise OSError(errno.ETOOMANYREFS, "Too many references")
        send(to, body)

    send = wire.send
    with control, theirs:
        server = zygote_main.Zygote(theirs, None, enclosed=False)
        monkeypatch.setattr(wire, "send", refuse)
        child = os.posix_spawn("/bin/sleep", ["sleep", "30"], {})
        monkeypatch.setattr(server, "_child", lambda *_: child)
        server._fork({"fork": 1}, [])
        assert wire.receive(control)[0]["exited"] == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)
