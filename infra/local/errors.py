"""Every error that the local stack raises on purpose; each knows its exit code."""


class LocalStackError(Exception):
    """Something that the person who starts the stack can put right; its text says how."""

    exit_code = 1


class PortInUseError(LocalStackError):
    """A port that was asked for belongs to another program."""

    exit_code = 3


class StateInUseError(LocalStackError):
    """Another stack is running on the same state directory."""

    exit_code = 4


class MissingPartError(LocalStackError):
    """A file, a program or a Python package that is needed is not there."""

    exit_code = 5


class ChildDiedError(LocalStackError):
    """One of the stack's own processes ended though nobody asked it to."""

    exit_code = 6


class StartTimeoutError(LocalStackError):
    """One of the stack's own processes was not ready in time."""

    exit_code = 7


class ResourcesError(LocalStackError):
    """The resources file holds something that the local stack cannot make."""

    exit_code = 8


class UnsupportedAppError(LocalStackError):
    """The Chalice app cannot be loaded, or uses something that the gateway does not emulate."""

    exit_code = 9
