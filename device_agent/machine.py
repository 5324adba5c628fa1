"""What the machine has and what it has left: memory, cores, load."""

import contextlib
import os
from pathlib import Path

import psutil

MB = 2**20
_CGROUPS = Path("/sys/fs/cgroup")


def cores() -> float:
    """The cores that this process may use: a cgroup may give it less than a core, or less than all."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _cgroup("cpu.max").partition(" ")
    if quota.isdecimal() and period.isdecimal():
        return min(float(allowed), int(quota) / int(period))
    return float(allowed)


def memory_mb() -> int:
    """MB of memory that the machine, or the agent's cgroup, has in all."""
    total = int(psutil.virtual_memory().total)
    limit = _cgroup("memory.max")
    return min(total, int(limit) if limit.isdecimal() else total) // MB


def free_memory_mb() -> int:
    """MB that can still be had without swapping; 0 while it cannot be told (no file can be opened)."""
    try:
        free = int(psutil.virtual_memory().available)
    except OSError:
        return 0
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    if limit.isdecimal() and used.isdecimal():
        free = min(free, int(limit) - int(used))
    return max(0, free) // MB


def load() -> float:
    """Processes per core that ran or waited to run in the last minute: above 1.0 they wait."""
    return round(os.getloadavg()[0] / max(cores(), 0.01), 2)


def _cgroup(name: str) -> str:
    """A value of the cgroup (v2) that this process is in; "" when there is none."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            if line.startswith("0::"):
                return (_CGROUPS / line[3:].lstrip("/") / name).read_text().strip()
    return ""
