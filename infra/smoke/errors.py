"""What a check finds instead of what it looked for."""


class SmokeError(Exception):
    """Raised when a deployment cannot be checked at all; its text says what to do."""


class Failed(SmokeError):
    """Raised when a deployment does not do what is checked; its text says what it did."""


class NotApplicable(SmokeError):
    """Raised when a check says nothing of this deployment; its text says why."""
