"""The selector: one of a list of values, each with a text to show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from device_agent.kernel.controls.base import Control, index_of, item, label_of, text_of
from device_agent.kernel.errors import ControlError

MOST_VALUES = 10_000


@dataclass(frozen=True)
class Selector(Control):
    """Values, `(value, label)` pairs when all of them are pairs, or a dict of label to value."""

    values: Any
    default: Any = None
    label: str | None = None
    nrows: int | None = None
    ncols: int | None = None
    width: int | None = None
    buttons: bool = False

    def __post_init__(self) -> None:
        pairs = _pairs(self.values)
        object.__setattr__(self, "label", label_of(self.label))
        # Pairs again, so that a copy with another label or default reads them the same way.
        object.__setattr__(self, "values", pairs)
        if self.default is not None and self._place() is None:
            raise ControlError(f"default {text_of(self.default)!r} is none of the values")

    def _place(self) -> int | None:
        return index_of([value for value, _ in self.values], self.default)

    def describe(self) -> dict[str, Any]:
        return {
            "control_type": "selector",
            "subtype": "list",
            "label": self.label,
            "default": self._place() or 0,
            "values": [text for _, text in self.values],
        }

    def value(self, wire: object, namespace: dict[str, Any]) -> Any:
        return item(self.values, wire)[0]


def _pairs(given: Any) -> tuple[tuple[Any, str], ...]:
    if isinstance(given, Mapping):
        return _pairs([(value, text) for text, value in given.items()])
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ControlError(f"a selector takes a list of values, not {text_of(given)!r}")
    values = list(islice(given, MOST_VALUES + 1))
    if not values:
        raise ControlError("a selector needs at least one value")
    if len(values) > MOST_VALUES:
        raise ControlError(f"a selector takes at most {MOST_VALUES} values")
    if all(isinstance(value, tuple) and len(value) == 2 for value in values):
        return tuple((value, text_of(text)) for value, text in values)
    return tuple((value, text_of(value)) for value in values)


def selector(
    values: Any,
    default: Any = None,
    label: str | None = None,
    nrows: int | None = None,
    ncols: int | None = None,
    width: int | None = None,
    buttons: bool = False,
) -> Selector:
    """A selector; `buttons` is taken and drawn as a list for now."""
    return Selector(values, default, label, nrows, ncols, width, buttons)
