"""Control groups (version 2) for sessions, where this agent may make them.

Source: Linux, Documentation/admin-guide/cgroup-v2.rst; systemd, "Control Group APIs and Delegation".
"""

import contextlib
import os
from pathlib import Path

from device_agent.sandbox.limits import Limits

_CONTROLLERS = ("memory", "pids", "cpu")
_PERIOD_US = 100_000
_PREFIX = "longwire-"
_AGENT = "longwire-agent"


class Cgroups:
    """A subtree of the agent's own group. Use `Cgroups.find`.

    controllers: those of memory, pids and cpu that can be limited here.
    """

    def __init__(self, base: Path, controllers: frozenset[str]) -> None:
        self._base = base
        self.controllers = controllers

    @classmethod
    def find(cls) -> "Cgroups | None":
        """None where there is no hierarchy of version 2, or where it cannot be written.

        A group with processes of its own may not have groups with limits: the agent moves into a leaf.
        """
        base = _own_group()
        if base is None or not os.access(base / "cgroup.subtree_control", os.W_OK):
            return None
        available = frozenset((base / "cgroup.controllers").read_text().split()) & set(_CONTROLLERS)
        try:
            if (base / "cgroup.type").exists():  # the root of all has no type, and may have processes
                agent = base / _AGENT
                agent.mkdir(exist_ok=True)
                # Others' processes stay: a group that has some (a shell's) may not have groups with limits.
                (agent / "cgroup.procs").write_text(str(os.getpid()))
            (base / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in available))
        except OSError:
            return None
        return cls(base, available)

    def make(self, name: str, limits: Limits) -> int:
        """A group for one session.

        :returns: descriptor of its cgroup.procs, for the first process to enter.
        """
        group = self._base / (_PREFIX + name)
        group.mkdir()
        wanted = {
            "memory.max": str((limits.memory_mb + limits.work_mb) * 2**20),
            "memory.swap.max": "0",
            "pids.max": str(limits.processes),
            "cpu.max": f"{int(limits.cores * _PERIOD_US)} {_PERIOD_US}",
        }
        for file, value in wanted.items():
            if (group / file).exists():
                (group / file).write_text(value)
        return os.open(group / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def overran(self, name: str) -> str | None:
        """The limit that the kernel has enforced by killing: `memory`, or None."""
        with contextlib.suppress(OSError):
            events = (self._base / (_PREFIX + name) / "memory.events").read_text().split()
            counts = dict(zip(events[::2], map(int, events[1::2]), strict=False))
            if counts.get("oom_kill"):
                return "memory"
        return None

    def remove(self, name: str) -> None:
        """Kill what is left in a session's group, and remove it."""
        group = self._base / (_PREFIX + name)
        with contextlib.suppress(OSError):
            (group / "cgroup.kill").write_text("1")
        with contextlib.suppress(OSError):
            group.rmdir()

    def left(self) -> list[str]:
        """Names of the sessions that have a group here."""
        found = (path.name.removeprefix(_PREFIX) for path in self._base.glob(f"{_PREFIX}*") if path.is_dir())
        return [name for name in found if name != "agent"]


def _own_group() -> Path | None:
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    roots = [fields[1] for fields in mounts if fields[2] == "cgroup2"]
    own = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    if not roots or not own:
        return None
    group = Path(roots[0] + own[0])
    return group.parent if group.name == _AGENT else group  # it has moved into its leaf already
