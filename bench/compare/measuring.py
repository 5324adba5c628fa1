"""Longwire beside jupyter_client, jupyter_server, kernel gateway and ipywidgets, in interleaved rounds."""

import asyncio
import sys
import time
from dataclasses import dataclass

from bench.compare import drags, first_output, many, output, report, round_trip
from bench.compare.collected import Collected, Figure
from bench.compare.stacks import stacks


@dataclass(frozen=True)
class Rounds:
    """How often each is done; `sessions_seconds`: how long the sessions run in one round.

    `drag_100_ms`: of the function for which goals are set. Where a drag's end meets a run is luck.
    """

    first_output: int
    round_trip: int
    round_trip_each: int
    drag: int
    drag_100_ms: int
    drag_unthrottled: int
    output: int
    sessions: int
    sessions_seconds: int


MANY = Rounds(10, 12, 25, 12, 36, 3, 3, 2, 15)
FEW = Rounds(2, 2, 10, 2, 2, 1, 1, 1, 3)


def main(rounds: Rounds = MANY) -> None:
    """Measure all; write bench/results/latest.json, the document's tables and its picture."""
    machine = report.machine()
    report.write(machine, asyncio.run(_all(rounds)))


async def _all(rounds: Rounds) -> dict[str, Figure]:
    collected = Collected()
    async with stacks() as those:
        _tell("first output")
        await first_output.measure(collected, rounds.first_output, those.cold, those.ways)
        _tell("round trip")
        await round_trip.measure(those.ways, collected, rounds.round_trip, rounds.round_trip_each)
        _tell("drags")
        await drags.measure(those, collected, rounds.drag, 0, drags.OTHERS)
        hundred = (drags.HUNDRED,)
        await drags.measure(those, collected, rounds.drag_100_ms, rounds.drag_unthrottled, hundred)
        _tell("lines and images")
        await output.measure(those.ways, collected, rounds.output)
        _tell("many sessions")
        await many.measure(those.ways, collected, rounds.sessions, rounds.sessions_seconds)
    return collected.figures()


def _tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what} ...", file=sys.stderr)
