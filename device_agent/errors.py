"""Every error of the agent, those that end it with their exit code."""

from typing import ClassVar


class AgentError(Exception):
    """Raised when something in the agent fails; one that reaches the command line ends it."""

    exit_code: ClassVar[int] = 1


class Misconfigured(AgentError):
    """Raised when the agent was started with settings that cannot work."""

    exit_code = 2


class Unreachable(AgentError):
    """Raised when the service cannot be reached over the network."""

    exit_code = 3


class Refused(AgentError):
    """Raised when the service does not accept the device's token or enrolment token."""

    exit_code = 4


class Superseded(AgentError):
    """Raised when a newer run of the same device has started."""

    exit_code = 5


class Revoked(AgentError):
    """Raised when the service's operator has revoked the device."""

    exit_code = 6


class TooOld(AgentError):
    """Raised when the service asks for another version of the agent, mostly a newer one."""

    exit_code = 7


class TooWeak(AgentError):
    """Raised when this host encloses sessions less strongly than the device's pool asks for."""

    exit_code = 8


class ClockSkewed(AgentError):
    """Raised when this host's clock is too far from the service's for requests to AWS to be accepted."""

    exit_code = 9


class NotRunning(AgentError):
    """Raised when a command needs the running agent and there is none."""

    exit_code = 10


class AlreadyRunning(AgentError):
    """Raised when an agent runs already with this state directory."""

    exit_code = 11


class RunOver(AgentError):
    """Raised when the service has given this run of the device up: the same process may begin another."""

    exit_code = 12


class Gone(AgentError):
    """Raised when a session is no longer this device's, or has ended; `field` names what is refused."""

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.field = field


class NoKernel(AgentError):
    """Raised when a session asks for a kernel that this host does not have."""


class KernelFailed(AgentError):
    """Raised when a kernel does not start in time or dies while it starts."""


FINAL = (Misconfigured, Refused, Superseded, Revoked, TooOld, TooWeak, ClockSkewed)
"""Those that trying again does not mend."""
