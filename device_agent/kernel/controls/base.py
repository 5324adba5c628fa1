"""What every control can do, and the checks that several of them share."""

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from device_agent.kernel.errors import ControlError

# A label is drawn in a page; nobody reads more than this, and a repr can be megabytes.
LONGEST_LABEL = 200
# Beyond this a browser's numbers are no longer exact.
LARGEST_INTEGER = 2**53


class Control(ABC):
    """Stands for one argument of an interact. Knows no function and no kernel, so that it can be shared."""

    label: str | None

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """The wire form, as docs/protocol.md has it."""

    @abstractmethod
    def value(self, wire: object, namespace: dict[str, Any]) -> Any:
        """The Python value for a wire value; ControlError says in words why there is none."""

    def initial(self, namespace: dict[str, Any]) -> Any:
        """The value for the first run."""
        return self.value(self.describe()["default"], namespace)


def text_of(value: object) -> str:
    """How a value is shown in a list; an object whose __str__ fails must not take the control down."""
    try:
        text = str(value)
    except Exception as error:
        raise ControlError(f"a {type(value).__name__} cannot be shown as text: {error}") from None
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def label_of(label: object) -> str | None:
    return None if label is None else text_of(label)


def number(value: object, name: str) -> int | float:
    """A plain int or float out of anything numeric (numpy, Fraction, Decimal)."""
    if isinstance(value, bool) or not (isinstance(value, numbers.Number) or hasattr(value, "__float__")):
        raise ControlError(f"{name} must be a number, not {text_of(value)!r}")
    if isinstance(value, numbers.Integral):
        if abs(int(value)) > LARGEST_INTEGER:
            raise ControlError(f"{name} is a whole number beyond 2**53, which a browser cannot hold exactly")
        return int(value)
    try:
        result = float(value)
    except Exception:
        raise ControlError(f"{name} must be a real number, not {text_of(value)!r}") from None
    if not math.isfinite(result):
        raise ControlError(f"{name} must be finite, not {result}")
    return result


def whole(wire: object) -> int:
    """A whole number off the wire, where 3.0 is 3 because JSON makes no difference."""
    if isinstance(wire, float) and wire.is_integer():
        return int(wire)
    if isinstance(wire, bool) or not isinstance(wire, int):
        raise ControlError(f"must be a whole number, not {text_of(wire)!r}")
    return wire


def item(values: Sequence[Any], wire: object) -> Any:
    """The item that an index off the wire names."""
    index = whole(wire)
    if not 0 <= index < len(values):
        raise ControlError(f"must be an index from 0 to {len(values) - 1}, not {index}")
    return values[index]


def index_of(values: Sequence[Any], wanted: object) -> int | None:
    """Where a value stands in a list; values whose == is no truth value (arrays) count when identical."""
    for index, value in enumerate(values):
        if value is wanted:
            return index
    for index, value in enumerate(values):
        try:
            if bool(value == wanted):
                return index
        except Exception:  # noqa: S112
            continue
    return None
