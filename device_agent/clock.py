"""Time that no step of this host's clock can move: what has passed, and what the service's clock shows."""

import contextlib
import time
from email.utils import parsedate_to_datetime

_ELAPSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Seconds since some moment, those that the host has slept included."""
    return time.clock_gettime(_ELAPSED)


class ServiceClock:
    """The service's clock, as its last answer showed it; this host's own before the first."""

    def __init__(self) -> None:
        self._ahead = time.time() - elapsed()

    def learn(self, date: str) -> None:
        """:param date: the Date field of an answer; what is none is left alone."""
        with contextlib.suppress(ValueError):
            self._ahead = parsedate_to_datetime(date).timestamp() - elapsed()

    def now(self) -> float:
        """Seconds since 1970."""
        return elapsed() + self._ahead

    @property
    def skew(self) -> float:
        """By how many seconds this host's clock is ahead of the service's."""
        return time.time() - self.now()
