"""What the emulated deployment finds wrong."""

from infra.local.errors import LocalStackError


class EmulatedError(LocalStackError):
    """Raised when the deployment does not do what it should; its text says what it did."""
