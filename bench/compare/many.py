"""1 to 40 live sessions, each running a `print` once a second; the ways take turns."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager

from bench.compare.collected import Collected
from bench.compare.session import Session, Ways, run, started

COUNTS = (1, 10, 20, 40)
AT_ONCE = 4
PERIOD = 1.0


async def measure(ways: Ways, collected: Collected, rounds: int, seconds: int) -> None:
    """Each way's sessions run for `seconds` in each round."""
    sessions: dict[str, list[Session]] = {name: [] for name in ways}
    opened: list[AbstractAsyncContextManager[Session]] = []
    try:
        for count in COUNTS:
            for name, way in ways.items():
                while len(sessions[name]) < count:
                    new = [started(way) for _ in range(min(AT_ONCE, count - len(sessions[name])))]
                    sessions[name] += await asyncio.gather(*map(_opened, new))
                    opened += new
            for _ in range(rounds):
                for name, those in sessions.items():
                    turns = (_turns(session, number / count, seconds) for number, session in enumerate(those))
                    for taken in await asyncio.gather(*turns):
                        for each in taken:
                            collected.add_seconds(f"sessions_{count}/{name}/done", each)
    finally:
        await asyncio.gather(*(one.__aexit__(None, None, None) for one in opened), return_exceptions=True)


async def _opened(one: AbstractAsyncContextManager[Session]) -> Session:
    session = await one.__aenter__()
    await run(session, "print(0)")
    return session


async def _turns(session: Session, part: float, seconds: int) -> list[float]:
    """Once a period, whatever the one before took; `part`: of a period, so that all are spread over it."""
    begins = time.perf_counter() + part * PERIOD
    taken = []
    for number in range(seconds):
        await asyncio.sleep(max(0.0, begins + number * PERIOD - time.perf_counter()))
        taken.append((await run(session, f"print({number})")).done)
    return taken
