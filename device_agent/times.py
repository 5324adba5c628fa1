"""Pure rules for when a session has to be looked at though nothing rings, and why it ends then.

What is due is the reason of the end, or `interrupt`: what runs has run for long enough.
"""

from dataclasses import dataclass

from device_agent.sandbox.limits import Limits

INTERRUPT = "interrupt"
FIRST_REQUEST_WITHIN = 60.0
"""Seconds in which a session must have its first request."""


@dataclass
class Times:
    """One session's times; all in seconds of one steady clock.

    began: when it was claimed; active: when it last had something to do.
    run_began: of the execution that runs, if one does.
    interrupted: when it was told to stop, and the reason of the end if it does not obey.
    computed: for how long executions have run that are over.
    """

    limits: Limits
    interrupt_timeout: float
    idle_timeout: float
    began: float
    active: float
    ran: bool = False
    run_began: float | None = None
    interrupted: tuple[float, str] | None = None
    computed: float = 0.0

    def interrupt(self, now: float, otherwise: str) -> None:
        """What runs was told to stop; telling it again gives it no more time."""
        if self.run_began is not None and self.interrupted is None:
            self.interrupted = (now, otherwise)

    def start(self, now: float) -> None:
        self.ran, self.run_began, self.interrupted = True, now, None

    def stop(self, now: float) -> None:
        """The execution has ended."""
        self.computed = self.computed_at(now)
        self.run_began, self.interrupted, self.active = None, None, now

    def computed_at(self, now: float) -> float:
        """For how long executions have run, with the one that runs."""
        return self.computed + (0.0 if self.run_began is None else now - self.run_began)

    def limit(self) -> tuple[float, str]:
        """What has to be done whatever else goes on, and when."""
        over = self.began + self.limits.session_seconds
        at, due = over, "limit:time"
        if self.interrupted is not None:
            at, due = self.interrupted[0] + self.interrupt_timeout, self.interrupted[1]
        elif self.run_began is not None:
            at, due = self.run_began + self.limits.run_seconds, INTERRUPT
        return (at, due) if at < over else (over, "limit:time")

    def rest(self, lingers: bool) -> tuple[float, str] | None:
        """When the session ends if nothing comes, and why; None while something runs.

        :param lingers: whether it waits for more after a reply.
        """
        if self.run_began is not None:
            return None
        if not self.ran:
            return self.active + FIRST_REQUEST_WITHIN, "finished"
        return (self.active + self.idle_timeout, "idle") if lingers else (self.active, "finished")
