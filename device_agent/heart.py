"""The heartbeat: one call for the lease of all sessions, and what the service says to it."""

import asyncio
import logging
import time
from collections.abc import Callable

from device_agent.clock import elapsed
from device_agent.errors import AgentError, ClockSkewed, Refused, Revoked, RunOver, Superseded, TooOld
from device_agent.joining import check_clock
from device_agent.lease import Lease
from device_agent.router import Body, Router

log = logging.getLogger(__name__)
_FIRST_PAUSE = 1.0
_LAST_WITHIN = 5.0


class Heart:
    """Beats until it is cancelled or refused.

    :param beat: what is told of the agent each time.
    :param lease: that each beat renews.
    :param lapsed: called when it had lapsed: sessions may have been given to others.
    :param too_old: called when the service asks for a newer agent: it goes on beating while that drains.
    """

    def __init__(
        self,
        router: Router,
        beat: Callable[[], Body],
        lease: Lease,
        lapsed: Callable[[], None],
        too_old: Callable[[TooOld], None],
    ) -> None:
        self._router = router
        self._beat = beat
        self._lease = lease
        self._lapsed = lapsed
        self._too_old = too_old
        self.answered_at = time.time()
        self.trouble = ""
        self._told_of_clock = False

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
        asked_at = elapsed()
        try:
            await self._router.heartbeat(self._beat())
        except TooOld as error:
            self._too_old(error)
        if self._lease.renewed(asked_at):
            log.warning("the lease had lapsed: the service is asked about every session")
            self._lapsed()
        self.answered_at = time.time()
        self.trouble = ""
        self._look_at_clock()

    def _look_at_clock(self) -> None:
        """Requests are signed by the service's clock, so a wrong one here does no harm; its owner is told."""
        try:
            check_clock(self._router.skew)
        except ClockSkewed as error:
            self.trouble = str(error)
            if not self._told_of_clock:
                log.warning("%s", error)
            self._told_of_clock = True
        else:
            self._told_of_clock = False

    async def stop(self, reason: str) -> None:
        """Tell the service that the device is off now; it need not wait to find out."""
        try:
            beat = {**self._beat(), "state": "offline", "reason": reason}
            await asyncio.wait_for(self._router.heartbeat(beat), _LAST_WITHIN)
        except (AgentError, TimeoutError) as error:
            log.info("the service was not told of the end: %s", error)
