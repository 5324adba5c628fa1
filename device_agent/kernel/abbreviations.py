"""A value becomes a control: the table of abbreviations, in SageMathCell's and in ipywidgets' reading."""

import dataclasses
import datetime
from collections.abc import Iterator
from typing import Any

from device_agent.kernel.controls import (
    Button,
    Checkbox,
    Control,
    DateBox,
    ExpressionBox,
    InputBox,
    Selector,
    Slider,
)
from device_agent.kernel.controls.base import number
from device_agent.kernel.controls.grid import grid_of_array
from device_agent.kernel.errors import ControlError

# As SageMathCell has it: up to here a list is a row of buttons.
MOST_BUTTONS = 5
STYLES = ("sage", "ipywidgets")
NOTHING: Any = object()


@dataclasses.dataclass(frozen=True)
class fixed:  # noqa: N801  ipywidgets spells it so
    """A value that is passed to the function and gets no control."""

    value: Any


def control_of(value: Any, style: str = "sage", default: Any = NOTHING) -> Control:
    """The control that stands for a value; `default` wins over what the value itself says."""
    label: str | None = None
    if style == "sage":
        label, inner, value = _peel(value)
        default = inner if default is NOTHING else default
    control = value if isinstance(value, Control) else _shape(value, style)
    changes: dict[str, Any] = {}
    if label is not None and control.label is None:
        changes["label"] = label
    if default is not NOTHING:
        changes["default"] = default
    # Every control is a frozen dataclass, so this is a checked copy; mypy knows only the abstract class.
    return dataclasses.replace(control, **changes) if changes else control  # type: ignore[type-var]


def _peel(value: Any) -> tuple[str | None, Any, Any]:
    """Take `("label", spec)` and `(default, spec)` off, each at most once, in either order."""
    label: str | None = None
    default = NOTHING
    for _ in range(2):
        if not (type(value) is tuple and len(value) == 2):
            break
        first, rest = value
        if isinstance(first, str) and label is None:
            label, value = first, rest
        elif default is NOTHING and isinstance(rest, tuple | list | range | Iterator | Control | dict):
            default, value = first, rest
    return label, default, value


def _shape(value: Any, style: str) -> Control:
    if getattr(value, "ndim", None) == 0 and callable(getattr(value, "item", None)):
        # A number or a truth value of numpy, whose repr nobody wants to type.
        value = value.item()
    if isinstance(value, bool):
        return Checkbox(value)
    if isinstance(value, str):
        return InputBox(value)
    if isinstance(value, int | float) and style == "ipywidgets":
        return _around(value)
    if isinstance(value, range):
        return Slider(value)
    if isinstance(value, tuple):
        return _tuple(value, style)
    if isinstance(value, list):
        return Selector(_swapped(value)) if style == "ipywidgets" else _list(value)
    if isinstance(value, dict):
        return Selector(value)
    if isinstance(value, Iterator):
        return Selector(value) if style == "ipywidgets" else Slider(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return DateBox(value)
    return grid_of_array(value) or ExpressionBox(value)


def _list(value: list[Any]) -> Control:
    selector = Selector(value, kind="buttons" if len(value) <= MOST_BUTTONS else "list")
    if len(value) > 1:
        return selector
    # A list of one has only one value to give, clicked or not.
    ((only, text),) = selector.values
    return Button(text, only, only)


def _tuple(value: tuple[Any, ...], style: str) -> Control:
    if len(value) in (2, 3) and all(_numeric(part) for part in value):
        return _from_middle(Slider(*value)) if style == "ipywidgets" else Slider(*value)
    if style == "ipywidgets":
        return Selector(_swapped(list(value)))
    return Slider(value)


def _numeric(part: Any) -> bool:
    try:
        number(part, "")
    except ControlError:
        # Too large or infinite is still meant as a number; the slider then says what is wrong with it.
        return isinstance(part, int | float) and not isinstance(part, bool)
    return True


def _around(value: int | float) -> Slider:
    """ipywidgets' own range for a bare number: from -x to 3x, and 0 to 1 for nothing."""
    if value == 0:
        return Slider(value, value + 1, default=value)
    return Slider(-value, 3 * value, None if isinstance(value, int) else 0.1, default=value)


def _swapped(values: list[Any]) -> list[Any]:
    if values and all(isinstance(value, tuple) and len(value) == 2 for value in values):
        return [(value, label) for label, value in values]
    return values


def _from_middle(slider: Slider) -> Slider:
    """ipywidgets starts a slider that was given as a range in its middle."""
    middle = slider.vmin + (slider.vmax - slider.vmin) / 2
    return dataclasses.replace(slider, default=int(middle) if isinstance(slider.vmin, int) else middle)
