"""The lease of a device's sessions: while it lasts, nobody else is given them.

The service gives a device's sessions up when it has not heard of it for a while, and only it knows whether it
did. So a device that may have been silent for so long (its network failed, its host slept, it was stopped)
writes and posts nothing more of a session until the service has said that it is still its own.
"""

import asyncio
from collections.abc import Callable

from device_agent.clock import elapsed

_MARGIN = 1.5
"""Seconds: the service notes whole ones."""


class Lease:
    """One for all sessions, renewed by every heartbeat. `term` counts how often it has lapsed.

    :param lasts: seconds of silence after which the service gives sessions up.
    :param since: when it began, as `clock` tells it.
    """

    def __init__(self, lasts: float, since: float, clock: Callable[[], float] = elapsed) -> None:
        self._lasts = lasts - _MARGIN
        self._since = since
        self._clock = clock
        self.term = 0
        self._moved = asyncio.Event()

    @property
    def lasts(self) -> bool:
        return self._clock() - self._since < self._lasts

    def renewed(self, asked_at: float) -> bool:
        """The service has answered a heartbeat.

        :param asked_at: when that was sent.
        :returns: whether the lease may have lapsed before: then every session has to be asked about.
        """
        lapsed = not self.lasts
        self.term += lapsed
        self._since = asked_at
        self.moved()
        return lapsed

    def moved(self) -> None:
        """What a hold waits for may have come."""
        self._moved.set()

    async def moves(self) -> None:
        self._moved.clear()
        await self._moved.wait()


class Hold:
    """What one session's worker knows: the term in which the service has said last that it is its own."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._term = lease.term

    @property
    def term(self) -> int:
        """To be taken before the service is asked, for `confirm` after its answer."""
        return self._lease.term

    def confirm(self, term: int) -> bool:
        """The service has said that the session is still this device's.

        :returns: whether that is still so now.
        """
        self._term = max(term, self._term)
        self._lease.moved()
        return self.sure

    @property
    def sure(self) -> bool:
        return self._lease.lasts and self._term == self._lease.term

    async def until_sure(self) -> None:
        """For as long as it takes: the worker ends when the session turns out to be another's."""
        while not self.sure:
            await self._lease.moves()
