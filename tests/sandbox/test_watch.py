"""What the watch counts as a session's memory."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from device_agent.sandbox import watch
from device_agent.sandbox.limits import Limits
from device_agent.sandbox.watch import Watched

HOLDS = """
import mmap, os, sys
shared = mmap.mmap(-1, 64 * 2**20)
shared.write(bytes(64 * 2**20))
"""
FORGETS = "shared.madvise(mmap.MADV_DONTNEED)\n"
SHARES = "if os.fork() == 0: sys.stdin.read(); os._exit(0)\nshared[0]\n"


@contextmanager
def _process(code: str) -> Iterator[int]:
    code += "print(flush=True)\nsys.stdin.read()"
    words = [sys.executable, "-S", "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.mark.parametrize("may_look", [True, False])
def test_shared_memory_counts_when_no_process_has_its_pages(
    monkeypatch: pytest.MonkeyPatch, may_look: bool
) -> None:
    if not may_look:  # as an agent that is not root
        monkeypatch.setattr(watch, "_MAP_FILES", "/no/{}/such/{}")
    with _process(HOLDS + FORGETS) as pid:
        assert Watched(pid).overran(Limits(memory_mb=60)) == "memory"
        assert Watched(pid).overran(Limits(memory_mb=100)) is None


def test_shared_memory_counts_once_though_it_is_resident_in_two_processes() -> None:
    with _process(HOLDS + SHARES) as pid:
        assert Watched(pid).overran(Limits(memory_mb=60)) == "memory"
        assert Watched(pid).overran(Limits(memory_mb=110)) is None
