"""Drag and round trip alone, and first output on the way, in less than 50 seconds."""

import asyncio
import json

from bench.compare import drags, first_output, round_trip
from bench.compare.collected import Collected
from bench.compare.ratios import ratios
from bench.compare.stacks import stacks

ROUND_TRIPS, EACH = 4, 10
FIRST_OUTPUTS = 2
DRAGS = 3


def main() -> None:
    """Print all ratios as one line of JSON; what was not measured is null."""
    print(json.dumps(asyncio.run(_measured())))


async def _measured() -> dict[str, float | None]:
    collected = Collected()
    async with stacks(quick=True) as those:
        await round_trip.measure(those.ways, collected, ROUND_TRIPS, EACH)
        warm = {"longwire": those.ways["longwire"]}
        await first_output.measure(collected, FIRST_OUTPUTS, those.cold, warm)
        await drags.measure(those, collected, DRAGS, 0, (drags.HUNDRED,))
    return ratios(collected.figures())
