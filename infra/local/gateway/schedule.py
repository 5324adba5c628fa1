"""Invokes `@app.schedule` functions at their rate."""

import asyncio
import logging
import re

from infra.local.gateway.events import scheduled_event
from infra.local.gateway.functions import (
    FunctionError,
    Functions,
    FunctionTimeoutError,
    TooManyInvocationsError,
)

log = logging.getLogger("longwire.gateway")

UNIT_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def rate_seconds(expression: str) -> float | None:
    """Return the period of `rate(n minutes|hours|days)`, or None for a cron expression.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression.strip())
    return int(match[1]) * UNIT_SECONDS[match[2]] if match else None


async def run(functions: Functions, every_seconds: float | None) -> None:
    """Invoke every scheduled function for ever; `every_seconds` stands in for their own rates."""
    async with asyncio.TaskGroup() as group:
        for name, expression, handler in functions.scheduled():
            seconds = every_seconds or rate_seconds(expression)
            if seconds is None:
                log.warning("%s: %s is not emulated, so it never runs here", name, expression)
                continue
            group.create_task(_repeat(functions, name, handler, seconds))


async def _repeat(functions: Functions, name: str, handler: object, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await functions.invoke(name, handler, scheduled_event(name))  # type: ignore[arg-type]
        except (FunctionError, FunctionTimeoutError, TooManyInvocationsError):
            log.warning("the scheduled function %s failed", name)
