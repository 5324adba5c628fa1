"""When the request that runs passed a point on its way; for finding out where time goes (bench/hops.py)."""

import logging
import time

from device_agent.runs import Run

log = logging.getLogger(__name__)


def hop(run: Run | None, name: str, at: float | None = None) -> None:
    """:param at: seconds since the epoch; now if None."""
    if log.isEnabledFor(logging.DEBUG) and run is not None:
        log.debug("hop %s %s %.6f", name, run.msg_id, at or time.time())
