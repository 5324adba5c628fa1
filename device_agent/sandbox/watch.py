"""Watches what sessions use where the kernel does not limit a session as a whole, and tells who overran.

cgroups limit memory and processes exactly; where there are none, rlimits hold for each process alone, and
a session may have many. A look each second at the sum bounds that.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from device_agent.sandbox.limits import Limits

INTERVAL = 1.0
_SATURATED_LOOKS = 3
_KB_IN_MB = 1024


@dataclass
class Watched:
    """One session: the host's pid of its first process, and for how many looks it had no process left."""

    pid: int
    saturated: int = 0

    def overran(self, limits: Limits) -> str | None:
        """`memory` or `processes` if the session has used too much of it for too long, else None."""
        pids = descendants(self.pid)
        threads, private = 0, 0
        for pid in pids:
            state = _status(pid)
            threads += state.get("Threads", 0)
            private += state.get("RssAnon", 0) + state.get("RssShmem", 0)
        # Pages that forked processes share are counted once only in the slow figure.
        most = limits.memory_mb * _KB_IN_MB
        if private > most and sum(map(_proportional, pids)) > most:
            return "memory"
        # One short of it, since the process that would be one more may have been refused meanwhile.
        self.saturated = self.saturated + 1 if threads >= limits.processes - 1 else 0
        return "processes" if self.saturated >= _SATURATED_LOOKS else None


def descendants(pid: int) -> list[int]:
    """The process and all that it has started, directly or not."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def _status(pid: int) -> dict[str, int]:
    """The numbers of /proc/PID/status: Threads, and sizes in kB."""
    numbers = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in ("Threads", "RssAnon", "RssShmem"):
                numbers[name] = int(rest.split()[0])
    return numbers


def _proportional(pid: int) -> int:
    """PSS in kB: each shared page counts by the number of those who share it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
