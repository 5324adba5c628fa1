"""The errors that the interact library raises, all of them below LongwireError."""


class LongwireError(Exception):
    """Anything that the interact library refuses; its text is written for the author of a cell."""


class ControlError(LongwireError, ValueError):
    """A control that cannot be built, or a value that its control refuses."""


class OptionError(LongwireError, TypeError):
    """An option of interact that does not exist or does not fit; the text names it."""


class FileError(LongwireError):
    """A file that cannot be put into the session's directory, or read from there."""


class ChangeError(LongwireError):
    """A change of controls that has no shape to answer to; `field` says where."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field
