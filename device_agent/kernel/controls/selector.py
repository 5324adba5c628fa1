"""The selector: one or several of a list of values, each with a text to show, as list, radio or buttons."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass
from itertools import islice
from typing import Any

from device_agent.kernel.controls.base import Control, index_of, item, label_of, size_or_none, text_of
from device_agent.kernel.errors import ControlError

MOST_VALUES = 10_000
# SageMathCell's own word for a row of buttons is "button".
KINDS = {"list": "list", "radio": "radio", "buttons": "buttons", "button": "buttons"}


@dataclass(frozen=True)
class Selector(Control):
    """Values, `(value, label)` pairs when all of them are pairs, or a dict of label to value.

    `buttons=True` and `selector_type` are older spellings of `kind`.
    """

    values: Any
    default: Any = None
    label: str | None = None
    nrows: int | None = None
    ncols: int | None = None
    width: int | None = None
    buttons: InitVar[bool] = False
    kind: str = "list"
    multiple: bool = False
    selector_type: InitVar[str | None] = None

    def __post_init__(self, buttons: bool, selector_type: str | None) -> None:
        kind = selector_type or ("buttons" if buttons and self.kind == "list" else self.kind)
        if kind not in KINDS:
            raise ControlError(f"kind must be list, radio or buttons, not {text_of(kind)!r}")
        if self.multiple and kind == "radio":
            raise ControlError("multiple needs the kind list or buttons: only one radio button can be on")
        for name in ("nrows", "ncols", "width"):
            object.__setattr__(self, name, size_or_none(getattr(self, name), name))
        object.__setattr__(self, "kind", KINDS[kind])
        object.__setattr__(self, "multiple", bool(self.multiple))
        object.__setattr__(self, "label", label_of(self.label))
        # Pairs again, so that a copy with another label or default reads them the same way.
        object.__setattr__(self, "values", pairs_of(self.values, "a selector"))
        self._places()

    def _places(self) -> list[int]:
        """The indexes of the default."""
        if self.multiple:
            if self.default is None:
                return []
            wanted = self.default if isinstance(self.default, list | tuple | set) else [self.default]
            return [self._place(value) for value in wanted]
        if self.default is None:
            return [index_of([value for value, _ in self.values], None) or 0]
        return [self._place(self.default)]

    def _place(self, wanted: Any) -> int:
        place = index_of([value for value, _ in self.values], wanted)
        if place is None:
            raise ControlError(f"default {text_of(wanted)!r} is none of the values")
        return place

    def describe(self) -> dict[str, Any]:
        places = self._places()
        return {
            "control_type": "selector",
            "subtype": self.kind,
            "label": self.label,
            "default": places if self.multiple else places[0],
            "values": [text for _, text in self.values],
            "nrows": self.nrows,
            "ncols": self.ncols,
            "width": self.width,
            "multiple": self.multiple,
        }

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        if not self.multiple:
            return item(self.values, wire)[0]
        if not isinstance(wire, list):
            raise ControlError(f"must be a list of indexes, not {text_of(wire)!r}")
        return tuple(item(self.values, index)[0] for index in wire)

    def at(self, value: Any) -> Control:
        if not self.multiple and index_of([known for known, _ in self.values], value) is None:
            raise ControlError(f"{text_of(value)!r} is none of the values")
        return dataclasses.replace(self, default=value)


def pairs_of(given: Any, what: str) -> tuple[tuple[Any, str], ...]:
    """(value, text) for each value that a selector or a button bar is to show."""
    if isinstance(given, Mapping):
        return pairs_of([(value, text) for text, value in given.items()], what)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ControlError(f"{what} takes a list of values, not {text_of(given)!r}")
    values = list(islice(given, MOST_VALUES + 1))
    if not values:
        raise ControlError(f"{what} needs at least one value")
    if len(values) > MOST_VALUES:
        raise ControlError(f"{what} takes at most {MOST_VALUES} values")
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
    *,
    kind: str = "list",
    multiple: bool = False,
) -> Selector:
    """A selector; with `buttons` a row or a grid of buttons."""
    return Selector(values, default, label, nrows, ncols, width, buttons, kind, multiple)
