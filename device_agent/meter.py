"""What a session computes for its owner: told to the service, which may bar him for it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.errors import TooManyRequests
from device_agent import refusals


class Meter:
    """Of one session.

    :param every: seconds of computing after which the service wants to know of it; 0 is never.
    :param computed: for how many seconds it has computed, all told.
    :param is_busy: whether it computes, or is about to.
    :param due: called while it is busy when it is time to ask for something, which tells the service.
    """

    def __init__(
        self,
        every: float,
        computed: Callable[[], float],
        is_busy: Callable[[], bool],
        due: Callable[[], None],
    ) -> None:
        self._every = every
        self._computed = computed
        self._is_busy = is_busy
        self._due = due
        self._told = 0.0
        self._waiting: asyncio.TimerHandle | None = None
        self._barred: tuple[float, TooManyRequests] | None = None

    def report(self) -> dict[str, float]:
        """What is to be told now, in the body of whatever is asked for."""
        computed = self._computed()
        is_due = self._every and computed - self._told >= self._every
        return {"computed": round(computed, 3)} if is_due else {}

    def answered(self, report: Mapping[str, float]) -> None:
        """The service has heard it."""
        self._told = report.get("computed", self._told)

    def bar(self, told: Mapping[str, Any] | None) -> None:
        """The owner has no time left, if the service says so."""
        self._barred = (time.monotonic() + told["retry_after"], refusals.barred(told)) if told else None

    @property
    def barred(self) -> TooManyRequests | None:
        """What all that runs code is refused with, as long as the owner has no time left."""
        return self._barred[1] if self._barred and time.monotonic() < self._barred[0] else None

    def began(self) -> None:
        """Also a session that is never at rest asks for something now and then, and so reports."""
        if self._every and self._waiting is None:
            self._waiting = asyncio.get_running_loop().call_later(self._every, self._is_due)

    def close(self) -> None:
        if self._waiting:
            self._waiting.cancel()

    def _is_due(self) -> None:
        self._waiting = None
        if self._is_busy():
            self._due()
            self.began()
