"""The slider: a number in a range, or one of a list of values in order."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from device_agent.kernel.controls.base import Control, index_of, item, label_of, number, size, text_of, whole
from device_agent.kernel.controls.steps import even_steps, exact, on_step, whole_steps
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
        track = even_steps(given if isinstance(given, range) else values)
        if track is not None:
            self._put(vmin=track[0], vmax=track[1], step_size=track[2])
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
            if not high - low < float("inf"):
                raise ControlError("the range is too wide")
            step = None if step is None else float(step)
        elif step is None:
            step = 1
        if step is not None:
            # An end that no step reaches would be drawn but could never be chosen.
            high = on_step(low, high, step, whole_steps(low, high, step))
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
            steps = round((exact(value) - exact(self.vmin)) / exact(self.step_size))
        most = whole_steps(self.vmin, self.vmax, self.step_size)
        return on_step(self.vmin, self.vmax, self.step_size, min(steps, most))

    def at(self, value: Any) -> Control:
        if self.discrete:
            index = index_of(self.vmin, value)
            if index is None:
                raise ControlError(f"{text_of(value)!r} is none of the values")
            return dataclasses.replace(self, default=self.vmin[index])
        wanted = number(value, "the value")
        if not self.vmin <= wanted <= self.vmax:
            raise ControlError(f"must be from {self.vmin} to {self.vmax}, not {wanted}")
        return dataclasses.replace(self, default=wanted)

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

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
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
    steps: int | None = None,
) -> Slider:
    """A slider; `step` is `step_size` under its newer name, and `steps` divides the range."""
    step_size = step_of(vmin, vmax, step_size, step, steps)
    return Slider(vmin, vmax, step_size, default, label, display_value)


def step_of(vmin: Any, vmax: Any, step_size: Any, step: Any, steps: Any) -> Any:
    """The one step that three ways of saying it mean."""
    said = [given for given in (step_size, step, steps) if given is not None]
    if len(said) > 1:
        raise ControlError("give step or step_size or steps, not both")
    if steps is None:
        return said[0] if said else None
    if vmax is None and isinstance(vmin, Iterable):
        raise ControlError("steps needs a range, not a list of values")
    span = abs(number(vmin, "vmin") - (0 if vmax is None else number(vmax, "vmax")))
    # The division goes out of the whole numbers, and so does the slider.
    return span / size(steps, "steps") or None
