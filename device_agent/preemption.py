"""When a run that a newer change has made stale is stopped: soon, but never so that a drag shows nothing new.

To interrupt every stale run freezes the picture while the reader drags: each run is stopped before it has
shown anything. So while the reader drags nothing is stopped; what counts is the value where the reader stops.
A page says so with the change (`settled`); of others it is known when a change has stayed the newest.
"""

from dataclasses import dataclass, field

AT_REST = 0.15
"""Seconds after which a change is taken for the last: a browser in mid-drag sends the next within 50 ms."""
_MOST_FUNCTIONS = 1000


@dataclass
class Preemption:
    """Of the functions of one session."""

    _stopped: set[str] = field(default_factory=set)
    """Functions of which a run was stopped since one has ended by itself."""

    def ran(self, function: str) -> None:
        """A run has ended by itself."""
        self._stopped.discard(function)

    def due_in(self, function: str, is_settled: bool) -> float | None:
        """In how many seconds what runs is to be stopped, if nothing newer comes until then; None: never.

        :param is_settled: whether the reader has stopped at the change that waits.
        """
        # Once, or a reader who sets one value after the other would never see anything.
        if function in self._stopped or len(self._stopped) >= _MOST_FUNCTIONS:
            return None
        return 0.0 if is_settled else AT_REST

    def stopped(self, function: str) -> None:
        """What ran was stopped."""
        self._stopped.add(function)
