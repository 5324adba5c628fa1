"""One `print` in a kernel that is there: to its output, and to reply and `idle`."""

from contextlib import AsyncExitStack

from bench.compare.collected import Collected
from bench.compare.session import Ways, run, started

WARM_UP = 5


async def measure(ways: Ways, collected: Collected, rounds: int, each: int) -> None:
    async with AsyncExitStack() as open_sessions:
        sessions = {name: await open_sessions.enter_async_context(started(way)) for name, way in ways.items()}
        for session in sessions.values():
            for number in range(WARM_UP):
                await run(session, f"print({number})")
        for number in range(rounds):
            for name, session in sessions.items():
                for turn in range(each):
                    answer = await run(session, f"print({number * each + turn})")
                    collected.add_seconds(f"round_trip/{name}/first", answer.first)
                    collected.add_seconds(f"round_trip/{name}/done", answer.done)
                    collected.add(f"round_trip/{name}/received", answer.received, "bytes")
