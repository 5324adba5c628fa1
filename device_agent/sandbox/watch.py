"""Watches what sessions use where the kernel does not limit a session as a whole, and tells who overran.

cgroups limit memory and processes exactly; where there are none, rlimits hold for each process alone, and
a session may have many. A look each second at the sum bounds that. As it is at every process of every
session, /proc is read without Path and open, which would take most of the time; and no more of it than shows
that nearly nothing has run, where that is so.
"""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from device_agent.sandbox.limits import Limits

INTERVAL = 1.0
_SATURATED_LOOKS = 3
_KB_IN_MB = 1024
_PART = 64 * 1024
_NUMBERS = re.compile(rb"^(Threads|RssAnon|RssShmem|VmPTE):\s*(\d+)", re.MULTILINE)
_NAMELESS_FILE = b"/dev/zero (deleted)"
_NAMELESS = re.compile(
    rb"^(\S+) \S+ (\S+) \S+ (\S+) +" + re.escape(_NAMELESS_FILE) + rb"$",
    re.MULTILINE,
)
_USED_FIELDS = slice(11, 13)
"""User and system time, among what follows the name in /proc/PID/stat (proc(5): 14 and 15)."""
_LITTLE = 5
"""Ticks of 10 ms in which no session can take so much that it would matter: some 100 MB."""
_MAP_FILES = "/proc/{}/map_files/{}"
_SOCKETS = 4
"""Times the files of one process: what sockets hold of the kernel's memory is seen in no process."""


@dataclass
class Watched:
    """One session: the host's pid of its first process, and for how many looks it had no process left.

    `used`: the processor time of each of its processes when all was read last, if nothing was wrong then.
    """

    pid: int
    saturated: int = 0
    used: dict[int, int] | None = None

    def overran(self, limits: Limits) -> str | None:
        """`memory`, `files` or `processes` if the session has used too much of it for too long, else None."""
        pids = descendants(self.pid)
        used = {pid: _used(pid) for pid in pids}
        if self.used and used.keys() == self.used.keys() and _total(used) - _total(self.used) < _LITTLE:
            return None
        found = self._overran(pids, limits)
        self.used = used if found is None and not self.saturated else None
        return found

    def _overran(self, pids: list[int], limits: Limits) -> str | None:
        threads, private, tables, files = 0, 0, 0, 0
        for pid in pids:
            state = _status(pid)
            threads += state.get("Threads", 0)
            private += state.get("RssAnon", 0) + state.get("RssShmem", 0)
            tables += state.get("VmPTE", 0)
            files += _open_files(pid)
        nameless = _nameless(pids)
        # Pages that forked processes share are counted once only in the slow figure.
        most = limits.memory_mb * _KB_IN_MB - tables
        if private + nameless > most and _held(pids, nameless) > most:
            return "memory"
        # Files that forked processes share are counted once only in the slow figure.
        most = limits.open_files * _SOCKETS
        if files > most and len(set[object]().union(*map(_sockets, pids))) > most:
            return "files"
        # One short of it, since the process that would be one more may have been refused meanwhile.
        self.saturated = self.saturated + 1 if threads >= limits.processes - 1 else 0
        return "processes" if self.saturated >= _SATURATED_LOOKS else None


def descendants(pid: int) -> list[int]:
    """The process and all that it has started, directly or not."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):  # noqa: PTH208
                found += map(int, _content(f"/proc/{parent}/task/{thread}/children").split())
    return found


def _content(path: str) -> bytes:
    """Of a file in /proc, without what open() does beside: every session's are read each second."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(file, _PART):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(file)


def _total(used: dict[int, int]) -> int:
    return sum(used.values())


def _used(pid: int) -> int:
    """User and system time of a process and all its threads, in ticks of 10 ms; 0 if it has gone."""
    with contextlib.suppress(OSError):
        return sum(map(int, _content(f"/proc/{pid}/stat").rpartition(b") ")[2].split()[_USED_FIELDS]))
    return 0


def _status(pid: int) -> dict[str, int]:
    """The numbers of /proc/PID/status: Threads, and sizes in kB."""
    with contextlib.suppress(OSError):
        found = _NUMBERS.findall(_content(f"/proc/{pid}/status"))
        return {name.decode(): int(number) for name, number in found}
    return {}


def _open_files(pid: int) -> int:
    directory = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        return os.stat(directory).st_size or len(os.listdir(directory))  # noqa: PTH116, PTH208
    return 0


def _sockets(pid: int) -> set[object]:
    """Names of the sockets that a process has open; of one that hides them, as many as it has files."""
    found: set[object] = set()
    try:
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.add(str(file.readlink()))
    except PermissionError:
        return {(pid, number) for number in range(_open_files(pid))}
    except OSError:
        pass
    return {name for name in found if str(name).startswith("socket:")}


def _nameless(pids: list[int]) -> int:
    """kB that shared mappings without a file hold, each once: also of pages that no process has mapped now.

    (MADV_DONTNEED takes such a page from the process, and from every figure about it, but not out of memory.)
    """
    sizes: dict[bytes, int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            maps = _content(f"/proc/{pid}/maps")
            if _NAMELESS_FILE not in maps:
                continue
            for place, offset, inode in _NAMELESS.findall(maps):
                size = _size(pid, place.decode(), int(offset, 16))
                sizes[inode] = max(sizes.get(inode, 0), size)
    return sum(sizes.values())


def _size(pid: int, place: str, offset: int) -> int:
    """kB of what is behind a mapping: what it has in memory, or where only root may know, up to its end."""
    try:
        return Path(_MAP_FILES.format(pid, place)).stat().st_blocks // 2
    except OSError:
        begin, _, end = place.partition("-")
        return (offset + int(end, 16) - int(begin, 16)) // 1024


def _held(pids: list[int], nameless: int) -> int:
    """kB of memory in which each page counts once, whoever shares it."""
    all_of_it = [_proportional(pid) for pid in pids]
    shared = sum(each.get("Pss_Shmem", 0) for each in all_of_it)
    # What is nameless is part of what is shared, as far as it is mapped now.
    return sum(each.get("Pss", 0) for each in all_of_it) - shared + max(shared, nameless)


def _proportional(pid: int) -> dict[str, int]:
    """PSS in kB: each shared page counts by the number of those who share it."""
    sizes = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Pss:", "Pss_Shmem:")):
                name, _, rest = line.partition(":")
                sizes[name] = int(rest.split()[0])
    return sizes
