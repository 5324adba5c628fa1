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
    """Raised when the service does not accept the device's token or enrolment token (or has revoked it)."""

    exit_code = 4


class Superseded(AgentError):
    """Raised when a newer run of the same device has started."""

    exit_code = 5


class Gone(AgentError):
    """Raised when a session is no longer this device's, or has ended."""


class KernelFailed(AgentError):
    """Raised when a kernel does not start in time or dies while it starts."""
