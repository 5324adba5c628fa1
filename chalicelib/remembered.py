"""What a process remembers of what it has read: the oldest is forgotten when there is too much."""

from typing import TypeVar

T = TypeVar("T")


class Remembered(dict[str, T]):
    """:param at_most: entries."""

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self._at_most = at_most

    def __setitem__(self, key: str, value: T) -> None:
        if len(self) >= self._at_most and key not in self:
            self.pop(next(iter(self)), None)
        super().__setitem__(key, value)
