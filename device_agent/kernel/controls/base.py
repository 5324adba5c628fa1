"""What every control can do, and the checks that several of them share."""

import dataclasses
import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from device_agent.kernel.errors import ControlError

# A label is drawn in a page; nobody reads more than this, and a repr can be megabytes.
LONGEST_LABEL = 200
# Beyond this a browser's numbers are no longer exact.
LARGEST_INTEGER = 2**53


class Control(ABC):
    """Stands for one argument of an interact. Knows no function and no kernel, so that it can be shared."""

    label: str | None
    # Whether a value counts for one run only, as the click of a button does.
    momentary: ClassVar[bool] = False
    # Whether a value is the reader's own, and not told to those who only watch.
    private: ClassVar[bool] = False

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """The wire form, as docs/protocol.md has it."""

    @abstractmethod
    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        """The Python value for a wire value; ControlError says in words why there is none."""

    def initial(self, namespace: dict[str, Any]) -> Any:
        """The value for the first run."""
        return self.read(self.describe()["default"], namespace)

    def at(self, value: Any) -> "Control":
        """A copy that starts at this Python value; ControlError when it is no value of this control."""
        # Every control is a frozen dataclass, which checks a default itself; mypy knows only this class.
        return dataclasses.replace(self, default=value)  # type: ignore[type-var]


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


def size(value: object, name: str) -> int:
    """A count of rows, columns or characters."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or int(value) < 1:
        raise ControlError(f"{name} must be a whole number of at least 1, not {text_of(value)!r}")
    return int(value)


def size_or_none(value: object, name: str) -> int | None:
    return None if value is None else size(value, name)


def told(error: BaseException) -> str:
    """An error in one line, for the place beside a control."""
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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
