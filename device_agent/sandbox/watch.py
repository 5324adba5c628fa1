"""Watches what sessions use where the kernel does not limit a session as a whole, and tells who overran.

cgroups limit memory and processes exactly; where there are none, rlimits hold for each process alone, and
a session may have many. A look each second at the sum bounds that. As it is at every process of every
session, /proc is read without Path and open, which would take most of the time; and one line of it for each
process where nearly nothing has happened since all was read, which is every fifth second at the latest: what
a session takes by way of others, and at once gives up doing, does not show in that line.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from device_agent.sandbox.limits import Limits

INTERVAL = 1.0
_SKIPS = 4
_SATURATED_LOOKS = 3
_KB_IN_MB = 1024
_PART = 64 * 1024
_NUMBERS = re.compile(rb"^(Threads|RssAnon|RssShmem|VmPTE):\s*(\d+)", re.MULTILINE)
_NAMELESS_FILE = b"/dev/zero (deleted)"
_NAMELESS = re.compile(
    rb"^(\S+) \S+ (\S+) \S+ (\S+) +" + re.escape(_NAMELESS_FILE) + rb"$",
    re.MULTILINE,
)
_LITTLE_TIME = 5
"""Ticks of 10 ms."""
_LITTLE_MEMORY = 4096
"""Pages of 4 KB."""
_LITTLE_FILES = 100
_MAP_FILES = "{}/map_files/{}"
_SOCKETS = 4
"""Times the files of one process: what sockets hold of the kernel's memory is seen in no process."""


@dataclass(frozen=True)
class _Use:
    """A process, as one line of /proc tells of it, and how many files it has.

    `ticks`: of processor time, with that of its children that have ended. `pages`: in memory.
    """

    is_over: bool
    threads: int
    started: int
    ticks: int
    pages: int
    files: int

    @classmethod
    def of(cls, place: str) -> "_Use | None":
        """proc(5), /proc/PID/stat: what follows the name begins with field 3. None if it has gone."""
        try:
            found = _content(f"{place}/stat").rpartition(b") ")[2].split()
        except OSError:
            return None
        ticks = sum(map(int, found[11:15]))
        return cls(
            found[0] == b"Z", int(found[17]), int(found[19]), ticks, int(found[21]), _open_files(place)
        )

    def is_same(self, later: "_Use | None") -> bool:
        """Whether it is the same process still, of which one line tells enough."""
        if later is None or self.is_over or later.is_over:
            return False
        return (self.started, self.threads) == (later.started, later.threads)


Uses = Mapping[int, "_Use | None"]


def _is_at_rest(before: Uses, now: Uses) -> bool:
    if before.keys() != now.keys():
        return False
    pairs = [(before[pid], now[pid]) for pid in now]
    if not all(old and old.is_same(new) for old, new in pairs):
        return False
    grown = [
        (new.ticks - old.ticks, new.pages - old.pages, new.files - old.files)
        for old, new in pairs
        if old and new
    ]
    ticks, pages, files = map(sum, zip(*grown, strict=True))
    return ticks < _LITTLE_TIME and pages < _LITTLE_MEMORY and files < _LITTLE_FILES


@dataclass
class Watched:
    """One session: the host's pid of its first process, and for how many looks it had no process left.

    `seen`: its processes when all was read last, if nothing was wrong then; `skipped`: looks since.
    """

    pid: int
    saturated: int = 0
    seen: Uses | None = None
    skipped: int = 0

    def overran(self, limits: Limits) -> str | None:
        """`memory`, `files` or `processes` if the session has used too much of it for too long, else None."""
        uses = {pid: _Use.of(f"/proc/{pid}") for pid in descendants(self.pid)}
        if self.seen and self.skipped < _SKIPS and _is_at_rest(self.seen, uses):
            self.skipped += 1
            return None
        found = self._overran([_place(pid, use) for pid, use in uses.items()], limits)
        self.seen, self.skipped = None if found or self.saturated else uses, 0
        return found

    def _overran(self, places: list[str], limits: Limits) -> str | None:
        threads, private, tables, files = 0, 0, 0, 0
        for place in places:
            state = _status(place)
            threads += state.get("Threads", 0)
            private += state.get("RssAnon", 0) + state.get("RssShmem", 0)
            tables += state.get("VmPTE", 0)
            files += _open_files(place)
        nameless = _nameless(places)
        # Pages that forked processes share are counted once only in the slow figure.
        most = limits.memory_mb * _KB_IN_MB - tables
        if private + nameless > most and _held(places, nameless) > most:
            return "memory"
        # Files that forked processes share are counted once only in the slow figure.
        most = limits.open_files * _SOCKETS
        if files > most and len(set[object]().union(*map(_sockets, places))) > most:
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


def _place(pid: int, use: _Use | None) -> str:
    """Where /proc tells of a process: once its first thread has ended, all is told of the others alone."""
    if use and use.is_over and use.threads > 1:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
                place = f"/proc/{pid}/task/{thread}"
                if (other := _Use.of(place)) and not other.is_over:
                    return place
    return f"/proc/{pid}"


def _status(place: str) -> dict[str, int]:
    """The numbers of /proc/PID/status: Threads, and sizes in kB."""
    with contextlib.suppress(OSError):
        found = _NUMBERS.findall(_content(f"{place}/status"))
        return {name.decode(): int(number) for name, number in found}
    return {}


def _open_files(place: str) -> int:
    directory = f"{place}/fd"
    with contextlib.suppress(OSError):
        return os.stat(directory).st_size or len(os.listdir(directory))  # noqa: PTH116, PTH208
    return 0


def _sockets(place: str) -> set[object]:
    """Names of the sockets that a process has open; of one that hides them, as many as it has files."""
    found: set[object] = set()
    try:
        for file in Path(f"{place}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.add(str(file.readlink()))
    except PermissionError:
        return {(place, number) for number in range(_open_files(place))}
    except OSError:
        pass
    return {name for name in found if str(name).startswith("socket:")}


def _nameless(places: Iterable[str]) -> int:
    """kB that shared mappings without a file hold, each once: also of pages that no process has mapped now.

    (MADV_DONTNEED takes such a page from the process, and from every figure about it, but not out of memory.)
    """
    sizes: dict[bytes, int] = {}
    for place in places:
        with contextlib.suppress(OSError):
            maps = _content(f"{place}/maps")
            if _NAMELESS_FILE not in maps:
                continue
            for addresses, offset, inode in _NAMELESS.findall(maps):
                size = _size(place, addresses.decode(), int(offset, 16))
                sizes[inode] = max(sizes.get(inode, 0), size)
    return sum(sizes.values())


def _size(place: str, addresses: str, offset: int) -> int:
    """kB of what is behind a mapping: what it has in memory, or where only root may know, up to its end."""
    try:
        return Path(_MAP_FILES.format(place, addresses)).stat().st_blocks // 2
    except OSError:
        begin, _, end = addresses.partition("-")
        return (offset + int(end, 16) - int(begin, 16)) // 1024


def _held(places: Iterable[str], nameless: int) -> int:
    """kB of memory in which each page counts once, whoever shares it."""
    all_of_it = [_proportional(place) for place in places]
    shared = sum(each.get("Pss_Shmem", 0) for each in all_of_it)
    # What is nameless is part of what is shared, as far as it is mapped now.
    return sum(each.get("Pss", 0) for each in all_of_it) - shared + max(shared, nameless)


def _proportional(place: str) -> dict[str, int]:
    """PSS in kB: each shared page counts by the number of those who share it."""
    sizes = {}
    with contextlib.suppress(OSError):
        for line in Path(f"{place}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Pss:", "Pss_Shmem:")):
                name, _, rest = line.partition(":")
                sizes[name] = int(rest.split()[0])
    return sizes
