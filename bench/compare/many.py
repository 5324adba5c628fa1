"""1 to 40 live sessions, each running a `print` once a second; the ways take turns."""

import asyncio
import time
from contextlib import AsyncExitStack

from bench.compare.collected import Collected
from bench.compare.session import Session, Way, Ways, run, started

COUNTS = (1, 10, 20, 40)
AT_ONCE = 4
PERIOD = 1.0


async def measure(ways: Ways, collected: Collected, rounds: int, seconds: int) -> None:
    """Each way's sessions run for `seconds` in each round."""
    async with AsyncExitStack() as open_sessions:
        sessions: dict[str, list[Session]] = {name: [] for name in ways}
        for count in COUNTS:
            for name, way in ways.items():
                await _fill(open_sessions, way, sessions[name], count)
            for _ in range(rounds):
                for name, those in sessions.items():
                    turns = (_turns(session, number / count, seconds) for number, session in enumerate(those))
                    for taken in await asyncio.gather(*turns):
                        for each in taken:
                            collected.add_seconds(f"sessions_{count}/{name}/done", each)


async def _fill(open_sessions: AsyncExitStack, way: Way, those: list[Session], count: int) -> None:
    while len(those) < count:
        more = min(AT_ONCE, count - len(those))
        new = (open_sessions.enter_async_context(started(way)) for _ in range(more))
        those += await asyncio.gather(*new)
        for session in those[-more:]:
            await run(session, "print(0)")


async def _turns(session: Session, part: float, seconds: int) -> list[float]:
    """Once a period, whatever the one before took; `part`: of a period, so that all are spread over it."""
    begins = time.perf_counter() + part * PERIOD
    taken = []
    for number in range(seconds):
        await asyncio.sleep(max(0.0, begins + number * PERIOD - time.perf_counter()))
        taken.append((await run(session, f"print({number})")).done)
    return taken
