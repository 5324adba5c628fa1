"""What the watch counts as a session's memory."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device_agent import host
from device_agent.policy import Policy
from device_agent.sandbox import watch
from device_agent.sandbox.limits import Limits
from device_agent.sandbox.watch import Watched
from device_agent.settings import AgentSettings
from tests.sandbox.conftest import BEST

HOLDS = """
import mmap, os, sys
shared = mmap.mmap(-1, 64 * 2**20)
shared.write(bytes(64 * 2**20))
"""
RESTS = "print(flush=True)\nsys.stdin.readline()\n"
MAPS = "import mmap, os, signal, sys\nshared = mmap.mmap(-1, 64 * 2**20)\n"
LETS_A_CHILD_FILL_IT = """
if not os.fork():
    shared.write(bytes(64 * 2**20))
    os._exit(0)
try:
    os.wait()
except ChildProcessError:
    pass
"""
IGNORES_ITS_CHILDREN = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
GOES_ON_WITHOUT_ITS_FIRST_THREAD = """
import ctypes, threading
threading.Thread(target=lambda: (print(flush=True), sys.stdin.read())).start()
ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)
"""
WORKS = "import time\nwhile time.process_time() < 0.3: pass\n"
FORGETS = "shared.madvise(mmap.MADV_DONTNEED)\n"
SHARES = "if os.fork() == 0: sys.stdin.read(); os._exit(0)\nshared[0]\n"


@contextmanager
def _process(code: str, state: str = "S") -> "Iterator[subprocess.Popen[bytes]]":
    code += "print(flush=True)\nsys.stdin.read()"
    words = [sys.executable, "-S", "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        _until(process, state)
        yield process
        process.kill()


def _until(process: "subprocess.Popen[bytes]", state: str) -> None:
    """It is in a state of proc(5): `S` sleeps, `Z` is over, as its first thread is."""
    until = time.monotonic() + 10
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2][0] != state:
        assert time.monotonic() < until


def _go_on(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"\n")
    process.stdin.flush()
    process.stdout.readline()


@pytest.mark.parametrize("may_look", [True, False])
def test_shared_memory_counts_when_no_process_has_its_pages(
    monkeypatch: pytest.MonkeyPatch, may_look: bool
) -> None:
    if not may_look:  # as an agent that is not root
        monkeypatch.setattr(watch, "_MAP_FILES", "/no/{}/such/{}")
    with _process(HOLDS + FORGETS) as process:
        assert Watched(process.pid).overran(Limits(memory_mb=60)) == "memory"
        assert Watched(process.pid).overran(Limits(memory_mb=100)) is None


def test_shared_memory_counts_once_though_it_is_resident_in_two_processes() -> None:
    with _process(HOLDS + SHARES) as process:
        assert Watched(process.pid).overran(Limits(memory_mb=60)) == "memory"
        assert Watched(process.pid).overran(Limits(memory_mb=110)) is None


def test_what_a_session_takes_after_it_was_idle_counts() -> None:
    with _process("import sys\n" + RESTS + HOLDS + FORGETS + WORKS) as process:
        watched, limits = Watched(process.pid), Limits(memory_mb=60)
        assert [watched.overran(limits) for _ in range(3)] == [None] * 3
        _go_on(process)
        assert watched.overran(limits) == "memory"
        assert watched.overran(limits) == "memory"


@pytest.mark.parametrize("forgetful", [True, False])
def test_what_a_child_took_that_has_ended_counts_soon(forgetful: bool) -> None:
    children = IGNORES_ITS_CHILDREN if forgetful else ""
    with _process(MAPS + children + RESTS + LETS_A_CHILD_FILL_IT) as process:
        watched, limits = Watched(process.pid), Limits(memory_mb=60)
        assert watched.overran(limits) is None
        _go_on(process)
        assert "memory" in [watched.overran(limits) for _ in range(5)]


def test_a_process_whose_first_thread_has_ended_counts() -> None:
    with _process(HOLDS + GOES_ON_WITHOUT_ITS_FIRST_THREAD, "Z") as process:
        assert Watched(process.pid).overran(Limits(memory_mb=60)) == "memory"
        assert Watched(process.pid).overran(Limits(memory_mb=120)) is None


def test_no_more_is_read_of_a_session_in_which_nearly_nothing_has_run_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    content = watch._content
    monkeypatch.setattr(watch, "_content", lambda path: read.append(path) or content(path))
    with _process("import sys\n") as process:
        watched = Watched(process.pid)
        watched.overran(Limits())
        assert f"/proc/{process.pid}/maps" in read
        read.clear()
        watched.overran(Limits())
        assert f"/proc/{process.pid}/maps" not in read


class _TooMuch(Watched):
    def overran(self, limits: Limits) -> str | None:
        return "memory"


class _Unreadable(Watched):
    def overran(self, limits: Limits) -> str | None:
        raise ValueError("not a number")


async def test_a_session_that_does_not_end_or_cannot_be_read_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "INTERVAL", 0)
    monkeypatch.setattr(host, "_KILLED_WITHIN", 0.01)
    watching = host.Host(AgentSettings("", tmp_path, sandbox=BEST), Policy())
    killed = asyncio.Event()

    async def never() -> None:
        await asyncio.Event().wait()

    async def kill() -> None:
        killed.set()

    watching.watch("stuck", 0, never)
    watching.watch("unreadable", 0, kill)
    watching.watch("greedy", 0, kill)
    for name, watched in (("stuck", _TooMuch(0)), ("unreadable", _Unreadable(0)), ("greedy", _TooMuch(0))):
        watching._sessions[name].watched = watched
    watch_task = asyncio.create_task(watching._watch())
    async with asyncio.timeout(5):
        await killed.wait()
    watch_task.cancel()
