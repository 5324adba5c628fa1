"""The heartbeat: one call for the leases of all sessions, and what the service says to it."""

import asyncio
import logging
import time
from collections.abc import Callable

from device_agent.errors import AgentError, Refused, Revoked, RunOver, Superseded, TooOld
from device_agent.router import Body, Router

log = logging.getLogger(__name__)
_FIRST_PAUSE = 1.0
_LAST_WITHIN = 5.0


class Heart:
    """Beats until it is cancelled or refused.

    :param beat: what is told of the agent each time.
    :param too_old: called when the service asks for a newer agent: it goes on beating while that drains.
    """

    def __init__(self, router: Router, beat: Callable[[], Body], too_old: Callable[[TooOld], None]) -> None:
        self._router = router
        self._beat = beat
        self._too_old = too_old
        self.answered_at = time.time()
        self.trouble = ""

    async def run(self, interval: float) -> None:
        """Trouble on the way is waited out, with pauses that grow up to `interval` seconds.

        :raises Refused, Revoked: the device may do nothing any more.
        :raises Superseded: another process has started as this device.
        :raises RunOver: the service has given this run up.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._once()
                pause = _FIRST_PAUSE
            except (Refused, Revoked, RunOver, Superseded):
                raise
            except AgentError as error:
                self.trouble = str(error)
                log.warning("no heartbeat for %.0f s: %s", time.time() - self.answered_at, error)
                await asyncio.sleep(min(pause, interval))
                pause *= 2
                continue
            await asyncio.sleep(interval)

    async def _once(self) -> None:
        try:
            await self._router.heartbeat(self._beat())
        except TooOld as error:
            self._too_old(error)
        self.answered_at = time.time()
        self.trouble = ""

    async def stop(self, reason: str) -> None:
        """Tell the service that the device is off now; it need not wait to find out."""
        try:
            beat = {**self._beat(), "state": "offline", "reason": reason}
            await asyncio.wait_for(self._router.heartbeat(beat), _LAST_WITHIN)
        except (AgentError, TimeoutError) as error:
            log.info("the service was not told of the end: %s", error)
