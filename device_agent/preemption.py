"""When a run that a newer change has made stale is stopped: soon, but never so that a drag shows nothing new.

To interrupt every stale run freezes the picture while the reader drags: each run is stopped before it has
shown anything. So a run is stopped only while what is on screen is fresh enough for the next run to be in
time, or when the newer change has stayed the newest for a while: then the reader has stopped moving.
"""

from dataclasses import dataclass, field

SHOWN_WITHIN = 0.4
"""Seconds in which a drag shall show something new."""
AT_REST = 0.15
"""Seconds after which a change is taken for the last: a browser in mid-drag sends the next within 50 ms."""
_MOST_FUNCTIONS = 1000


@dataclass
class Preemption:
    """Of the functions of one session; times in seconds of any clock that goes on."""

    _shown: dict[str, tuple[float, float]] = field(default_factory=dict)
    """function: when its last run ended that was not stopped, and how long that took."""
    _rested: set[str] = field(default_factory=set)
    """Functions of which a run was stopped, for a change at rest, since something was shown."""

    def ran(self, function: str, began: float, ended: float) -> None:
        """A run has ended by itself."""
        self._rested.discard(function)
        self._shown.pop(function, None)
        self._shown[function] = (ended, ended - began)
        if len(self._shown) > _MOST_FUNCTIONS:
            del self._shown[next(iter(self._shown))]

    def due_in(self, function: str, now: float) -> float | None:
        """In how many seconds what runs is to be stopped, if nothing newer comes until then; None: never."""
        if function in self._shown:
            shown_at, takes = self._shown[function]
            if now - shown_at + takes <= SHOWN_WITHIN:
                return 0.0
        # Once, or a reader who moves slowly would never see anything.
        return None if function in self._rested else AT_REST

    def stopped(self, function: str, now: float) -> None:
        """What ran was stopped."""
        if self.due_in(function, now) and len(self._rested) < _MOST_FUNCTIONS:
            self._rested.add(function)
