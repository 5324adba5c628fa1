"""The slider: a number in a range, or one of a list of values in order."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

from device_agent.kernel.controls.base import Control, index_of, item, label_of, number, text_of, whole
from device_agent.kernel.errors import ControlError

MOST_VALUES = 10_000
# SageMathCell divides a range without a step likewise; fine enough for a track of some 300 pixels.
STEPS = 250


@dataclass(frozen=True)
class Slider(Control):
    """`Slider(1, 10)`, `Slider(0, 1, 0.1)` or `Slider([values])`; ends in the wrong order are sorted."""

    vmin: Any
    vmax: Any = None
    step_size: Any = None
    default: Any = None
    label: str | None = None
    display_value: bool = True

    def __post_init__(self) -> None:
        self._put(label=label_of(self.label), display_value=bool(self.display_value))
        if self.vmax is None and isinstance(self.vmin, Iterable):
            self._take_values(self.vmin)
        if not self.discrete:
            self._take_range()

    def _put(self, **fields: Any) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def discrete(self) -> bool:
        return isinstance(self.vmin, tuple)

    def _take_values(self, given: Iterable[Any]) -> None:
        values = tuple(islice(given, MOST_VALUES + 1))
        if len(values) > MOST_VALUES and isinstance(given, list | tuple):
            raise ControlError(f"a slider takes at most {MOST_VALUES} values, not {len(given)}")
        values = values[:MOST_VALUES]
        if not values:
            raise ControlError("a slider needs at least one value")
        steps = _even(given if isinstance(given, range) else values)
        if steps is not None:
            self._put(vmin=min(steps), vmax=max(steps), step_size=abs(steps.step))
        else:
            self._put(vmin=values, step_size=None, default=values[_nearest(values, self.default)])

    def _take_range(self) -> None:
        ends = [number(self.vmin, "vmin"), 0 if self.vmax is None else number(self.vmax, "vmax")]
        low, high = min(ends), max(ends)
        step = None if self.step_size is None else abs(number(self.step_size, "step"))
        if step == 0:
            raise ControlError("step must not be 0")
        if not all(isinstance(part, int) for part in (low, high, step or 1)):
            low, high = float(low), float(high)
            if not math.isfinite(high - low):
                raise ControlError("the range is too wide")
            step = None if step is None else float(step)
        elif step is None:
            step = 1
        if step is not None:
            # An end that no step reaches would be drawn but could never be chosen.
            high = _on_step(low, high, step, _whole_steps(low, high, step))
        self._put(vmin=low, vmax=high, step_size=step)
        wanted = low if self.default is None else number(self.default, "default")
        self._put(default=self._snap(min(max(wanted, low), high)))

    def _snap(self, value: float) -> int | float:
        if self.step_size is None:
            return float(value)
        if isinstance(self.vmin, int):
            # Integer arithmetic: a float would lose the last digits near 2**53.
            steps = (2 * (round(value) - self.vmin) + self.step_size) // (2 * self.step_size)
        else:
            steps = round((_exact(value) - _exact(self.vmin)) / _exact(self.step_size))
        most = _whole_steps(self.vmin, self.vmax, self.step_size)
        return _on_step(self.vmin, self.vmax, self.step_size, min(steps, most))

    def describe(self) -> dict[str, Any]:
        shared = {"control_type": "slider", "label": self.label, "display_value": self.display_value}
        if self.discrete:
            values = [text_of(value) for value in self.vmin]
            return shared | {
                "subtype": "discrete",
                "values": values,
                "default": _nearest(self.vmin, self.default),
            }
        whole_numbers = isinstance(self.vmin, int)
        step = self.step_size if self.step_size is not None else (self.vmax - self.vmin) / STEPS or 1.0
        return shared | {
            "subtype": "integer" if whole_numbers else "continuous",
            "range": [self.vmin, self.vmax],
            "step": step,
            "default": self.default,
        }

    def value(self, wire: object, namespace: dict[str, Any]) -> Any:
        if self.discrete:
            return item(self.vmin, wire)
        if isinstance(self.vmin, int):
            wanted: int | float = whole(wire)
        else:
            if isinstance(wire, bool) or not isinstance(wire, int | float):
                raise ControlError(f"must be a number, not {text_of(wire)!r}")
            wanted = number(wire, "the value")
        slack = 0 if isinstance(self.vmin, int) else 1e-9 * (self.vmax - self.vmin)
        if not self.vmin - slack <= wanted <= self.vmax + slack:
            raise ControlError(f"must be from {self.vmin} to {self.vmax}, not {wanted}")
        if isinstance(self.vmin, int) and (wanted - self.vmin) % self.step_size:
            raise ControlError(f"must be {self.vmin} plus a multiple of {self.step_size}, not {wanted}")
        return self._snap(min(max(wanted, self.vmin), self.vmax))


def _exact(value: float) -> Fraction:
    """What the author wrote: 0.1 is a tenth here, so that three steps of it are 0.3."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _whole_steps(low: float, high: float, step: float) -> int:
    if isinstance(low, int) and isinstance(high, int) and isinstance(step, int):
        return (high - low) // step
    # The slack is for steps such as 1 / 3, whose digits end too early, and for the digits of the ends.
    slack = Fraction(1, 10**9) + _exact(math.ulp(max(abs(low), abs(high)))) / _exact(step)
    if slack > Fraction(1, 4):
        raise ControlError(f"step {step} is too small for the range from {low} to {high}")
    return math.floor((_exact(high) - _exact(low)) / _exact(step) + slack)


def _on_step(low: float, high: float, step: float, steps: int) -> int | float:
    if isinstance(low, int):
        return low + steps * int(step)
    return max(low, min(high, float(_exact(low) + steps * _exact(step))))


def _even(values: "range | tuple[Any, ...]") -> range | None:
    """Evenly spaced whole numbers as a range: 10,000 values must not travel as 10,000 texts."""
    if isinstance(values, range):
        return values
    if len(values) < 2 or not all(type(value) is int and abs(value) <= 2**53 for value in values):
        return None
    step = values[1] - values[0]
    if step <= 0 or any(values[i + 1] - values[i] != step for i in range(1, len(values) - 1)):
        return None
    return range(values[0], values[-1] + 1, step)


def _nearest(values: tuple[Any, ...], default: Any) -> int:
    if default is None:
        return index_of(values, None) or 0
    index = index_of(values, default)
    if index is None:
        try:
            distances = [abs(number(value, "value") - number(default, "default")) for value in values]
        except ControlError:
            raise ControlError(f"default {text_of(default)!r} is none of the values") from None
        index = distances.index(min(distances))
    return index


def slider(
    vmin: Any,
    vmax: Any = None,
    step_size: Any = None,
    default: Any = None,
    label: str | None = None,
    display_value: bool = True,
    *,
    step: Any = None,
) -> Slider:
    """A slider; `step` is `step_size` under its newer name."""
    if step is not None and step_size is not None:
        raise ControlError("give step or step_size, not both")
    return Slider(vmin, vmax, step_size if step is None else step, default, label, display_value)
