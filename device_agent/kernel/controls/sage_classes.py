"""Two classes that other Sage systems have for what is one slider here, as functions of their names."""

from collections.abc import Sequence
from typing import Any

from device_agent.kernel.controls.ranges import RangeSlider
from device_agent.kernel.controls.slider import Slider


def DiscreteSlider(  # noqa: N802
    values: Sequence[Any] = (0, 1),
    default: Any = None,
    label: str | None = None,
    range_slider: bool = False,
    display_value: bool = True,
) -> Slider | RangeSlider:
    """A slider over values; `default` is an index, or a pair of them with `range_slider`."""
    items = list(values)
    if range_slider:
        first = None if default is None else tuple(items[index] for index in default)
        return RangeSlider(items, default=first, label=label, display_value=display_value)
    start = None if default is None else items[default]
    return Slider(items, default=start, label=label, display_value=display_value)


def ContinuousSlider(  # noqa: N802
    interval: tuple[Any, Any] = (0, 100),
    default: Any = None,
    steps: int = 250,
    stepsize: float = 0,
    label: str | None = None,
    range_slider: bool = False,
    display_value: bool = True,
) -> Slider | RangeSlider:
    """A slider over a range, never over whole numbers only; a `stepsize` that fits goes before `steps`."""
    low, high = float(min(interval)), float(max(interval))
    fits = 0 < stepsize <= high - low
    step = stepsize if fits else (high - low) / (steps if steps > 0 else 250)
    make = RangeSlider if range_slider else Slider
    return make(low, high, step or None, default, label, display_value)
