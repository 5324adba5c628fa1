"""Where one run of an agent keeps the directories of its sessions, and what a run that was killed left."""

import contextlib
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from device_agent.errors import Misconfigured

log = logging.getLogger(__name__)
PREFIX = "longwire-run-"
_TRIES = 10
_KILL_WITHIN = 5.0
_LOOK_EVERY = 0.02


@contextlib.contextmanager
def workplace(work_dir: Path) -> Iterator[Path]:
    """A directory of this process's own below `work_dir`, locked for as long as it lives.

    :raises Misconfigured: none can be made there.
    """
    for _ in range(_TRIES):
        try:
            directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=work_dir))
        except OSError as error:
            raise Misconfigured(f"work_dir: {work_dir} cannot be used: {error.strerror}") from error
        if (lock := _lock(directory)) is not None:
            break
    else:
        raise Misconfigured(f"work_dir: whatever is made in {work_dir} goes at once")
    try:
        yield directory
    finally:
        remove(directory)
        os.close(lock)


def clear(work_dir: Path, forget: Callable[[str], None] = lambda _: None) -> int:
    """Remove what agents that live no more have left in `work_dir`: processes first, then directories.

    :param forget: called with the name of every session's directory before that goes.
    :returns: how many runs of agents have left something.
    """
    found = 0
    for directory in work_dir.glob(f"{PREFIX}*"):
        lock = _lock(directory)
        if lock is None:
            continue  # its agent lives
        found += 1
        log.warning("%s was left by an agent that was killed: it is removed", directory)
        end_processes(directory)
        for session in directory.iterdir():
            forget(session.name)
        remove(directory)
        os.close(lock)
    return found


def _lock(directory: Path) -> int | None:
    """The descriptor that holds the lock; None when another process has it, or the directory is not ours."""
    try:
        opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = os.fstat(opened)
        if held.st_uid == os.geteuid() and held.st_nlink > 0:
            return opened
    except BlockingIOError:
        pass
    os.close(opened)
    return None


def end_processes(directory: Path) -> None:
    """Kill all that works in a directory or has been told of it, again and again until nothing is left."""
    ends_at = time.monotonic() + _KILL_WITHIN
    while (found := list(_processes(directory))) and time.monotonic() < ends_at:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK_EVERY)
    if found:
        log.error("processes of an earlier run do not end: %s", found)


def _processes(directory: Path) -> Iterator[int]:
    """(On Linux; elsewhere nothing outlives its agent but what a session took pains to hide.)"""
    mark = os.fsencode(directory)
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            works_there = os.fsencode((entry / "cwd").readlink()).startswith(mark)
            is_dead = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
            if (mark in told or works_there) and not is_dead and int(entry.name) != os.getpid():
                yield int(entry.name)


def remove(directory: Path) -> None:
    """Remove a directory with all that is in it, however deep a session nested its folders."""
    try:
        shutil.rmtree(directory, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", str(directory)], check=False, timeout=60)
