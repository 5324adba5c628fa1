"""Many browsers on a stack whose agents come, go and are killed; looks at memory meanwhile."""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.local.stack import Options, Stack
from tests.soak.browser import TROUBLE, Visit

TIMES = {"LONGWIRE_HEARTBEAT_INTERVAL": "2", "LONGWIRE_DEVICE_LOST_AFTER": "10"}
LOOK_EVERY = 5.0
FLAT = 1.5
"""By which factor memory may grow from the first third of a long soak to the last."""
LONG = 600.0
_MB = 2**20


@dataclass(frozen=True)
class Report:
    """What a soak saw."""

    violations: list[str]
    counts: Counter[str]
    memory: dict[str, tuple[float, float]]
    """name: MB at the start and at the end."""

    @property
    def text(self) -> str:
        lines = [f"{name:32} {count:>9,}" for name, count in sorted(self.counts.items())]
        lines += [f"{name:32} {a:>7,.0f} MB {b:>7,.0f} MB" for name, (a, b) in sorted(self.memory.items())]
        lines += [f"violations: {len(self.violations)}", *self.violations]
        return "\n".join(lines) + "\n"


class Soak:
    """`run` it once; agent 0 stays, the others come and go."""

    def __init__(self, place: Path, seconds: float, browsers: int, agents: int, seed: int) -> None:
        self._place, self._seconds, self._browsers, self._agents = place, seconds, browsers, agents
        self._luck = random.Random(seed)  # noqa: S311
        self._counts: Counter[str] = Counter()
        self._violations: list[str] = []
        self._memory: dict[str, list[float]] = {}

    async def run(self) -> Report:
        options = Options(state=self._place / "state", is_agent_on=False, schedule_seconds=2, app_env=TIMES)
        async with Stack(options) as stack:
            for number in range(self._agents):
                await stack.start_agent(f"agent-{number}")
            until = asyncio.get_running_loop().time() + self._seconds
            others = [asyncio.create_task(self._come_and_go(stack)), asyncio.create_task(self._look(stack))]
            await asyncio.gather(*(self._reader(stack, until) for _ in range(self._browsers)))
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        memory = {name: _ends(sizes) for name, sizes in self._memory.items() if len(sizes) > 1}
        grown = [name for name, (a, b) in memory.items() if b > FLAT * a]
        if self._seconds >= LONG:
            self._violations += [f"the memory of {name} has grown" for name in grown]
        return Report(self._violations, self._counts, memory)

    async def _reader(self, stack: Stack, until: float) -> None:
        loop, luck = asyncio.get_running_loop(), random.Random(self._luck.random())  # noqa: S311
        await asyncio.sleep(luck.uniform(0, min(20.0, self._seconds / 6)))
        while loop.time() < until:
            visit = Visit(stack.websocket_url, luck, self._counts)
            with contextlib.suppress(*TROUBLE):
                await visit.run(min(until, loop.time() + luck.uniform(10, 120)))
            self._violations += visit.violations
            await asyncio.sleep(luck.uniform(0.5, 3.0))

    async def _come_and_go(self, stack: Stack) -> None:
        """Every so often an agent is killed, or stopped and started again."""
        while self._agents > 1:
            await asyncio.sleep(min(30.0, self._seconds / 4))
            name = f"agent-{self._luck.randrange(1, self._agents)}"
            if self._luck.random() < 0.5:
                with contextlib.suppress(psutil.Error, KeyError):
                    for process in reversed(_below(stack.pid_of(name))):
                        process.kill()
                    self._counts["agents killed"] += 1
            else:
                self._counts["agents stopped"] += 1
                await stack.stop_agent(name)
                await asyncio.sleep(1.0)
                await stack.start_agent(name)

    async def _look(self, stack: Stack) -> None:
        """The memory of the stack's processes and of the agent that stays, without its kernels."""
        while True:
            await asyncio.sleep(min(LOOK_EVERY, self._seconds / 10))
            for name in ("storage", "queues", "gateway", "agent-0"):
                with contextlib.suppress(psutil.Error, KeyError):
                    size = _resident(stack.pid_of(name), name)
                    self._memory.setdefault(name, []).append(size / _MB)


def _below(pid: int) -> list[psutil.Process]:
    """A guard and the agent that it started, not what is in the agent's sandboxes."""
    guard = psutil.Process(pid)
    return [guard, *filter(_is_agent, guard.children())]


def _is_agent(process: psutil.Process) -> bool:
    try:
        return "device_agent.cli" in " ".join(process.cmdline())
    except psutil.Error:  # it has ended
        return False


def _resident(pid: int, name: str) -> float:
    processes = _below(pid)[1:] if name.startswith("agent") else [psutil.Process(pid)]
    processes += psutil.Process(pid).children(recursive=True) if name == "gateway" else []
    return float(sum(process.memory_info().rss for process in processes))


def _ends(sizes: list[float]) -> tuple[float, float]:
    """The means of the first and of the last third."""
    third = max(1, len(sizes) // 3)
    return sum(sizes[:third]) / third, sum(sizes[-third:]) / third
