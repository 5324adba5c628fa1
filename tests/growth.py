"""How much an agent's memory grows while something happens to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

MOST_GROWTH = 200 * 2**20
"""Bytes, of an agent: a dozen copies of the largest message."""


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    fields = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(field.split()[1]) * 1024 for field in fields if field.startswith("VmRSS"))


@contextlib.asynccontextmanager
async def growth_of(pid: int) -> AsyncIterator[list[int]]:
    """How many bytes a process grew by at most, looked at all the time; the last is the largest."""
    before, most = _resident(pid), [0]

    async def look() -> None:
        while True:
            most.append(max(most[-1], _resident(pid) - before))
            await asyncio.sleep(0.05)

    looking = asyncio.create_task(look())
    try:
        yield most
    finally:
        looking.cancel()
