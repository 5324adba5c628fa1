"""The controls of several thumbs: a range slider, and sliders side by side that give one list."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from device_agent.kernel.controls.base import Control, index_of, label_of, text_of
from device_agent.kernel.controls.slider import Slider, step_of
from device_agent.kernel.errors import ControlError

MOST_SLIDERS = 100


@dataclass(frozen=True)
class RangeSlider(Control):
    """A part of a range, given as (low, high); starts as the whole of it. Arguments as Slider's."""

    vmin: Any
    vmax: Any = None
    step_size: Any = None
    default: Any = None
    label: str | None = None
    display_value: bool = True
    track: Slider = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        track = Slider(self.vmin, self.vmax, self.step_size, None, self.label, self.display_value)
        for name in ("vmin", "vmax", "step_size", "label", "display_value"):
            object.__setattr__(self, name, getattr(track, name))
        object.__setattr__(self, "track", track)
        ends = (track.vmin[0], track.vmin[-1]) if track.discrete else (track.vmin, track.vmax)
        low, high = (_start(track, end) for end in (ends if self.default is None else _two(self.default)))
        object.__setattr__(self, "default", self._sorted(low, high))

    def _sorted(self, low: Any, high: Any) -> tuple[Any, Any]:
        if self.track.discrete:
            order = [index_of(self.vmin, value) or 0 for value in (low, high)]
            return (low, high) if order[0] <= order[1] else (high, low)
        return min(low, high), max(low, high)

    def describe(self) -> dict[str, Any]:
        default = [_wire(self.track, end) for end in self.default]
        return self.track.describe() | {"control_type": "range_slider", "default": default}

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        if not isinstance(wire, list) or len(wire) != 2:
            raise ControlError(f"must be [low, high], not {text_of(wire)!r}")
        low, high = (self.track.read(end, namespace) for end in wire)
        return self._sorted(low, high)

    def at(self, value: Any) -> Control:
        for end in _two(value):
            self.track.at(end)
        return dataclasses.replace(self, default=value)


@dataclass(frozen=True)
class MultiSlider(Control):
    """Several sliders whose values are one list.

    `sliders` is a number of them, or one (vmin, vmax[, step]), list of values or Slider for each, or a
    dict of those by label. With a number, `interval` or `values` is for all, or has one for each.
    """

    sliders: Any = 1
    interval: Any = (0, 1)
    values: Any = None
    default: Any = None
    step: Any = None
    label: str | None = None
    display_value: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", label_of(self.label))
        object.__setattr__(self, "display_value", bool(self.display_value))
        tracks = self._tracks()
        if not 1 <= len(tracks) <= MOST_SLIDERS:
            raise ControlError(f"a multi-slider has 1 to {MOST_SLIDERS} sliders, not {len(tracks)}")
        if self.default is not None:
            starts = _each(self.default, len(tracks), "default")
            tracks = [
                _told(place, dataclasses.replace, track, default=start)
                for place, (track, start) in enumerate(zip(tracks, starts, strict=True))
            ]
        object.__setattr__(self, "sliders", tuple(tracks))
        object.__setattr__(self, "default", [track.default for track in tracks])

    def _tracks(self) -> list[Slider]:
        given = self.sliders
        if isinstance(given, Mapping):
            return [
                dataclasses.replace(_told(place, _track, spec, self.step), label=label)
                for place, (label, spec) in enumerate(given.items())
            ]
        if isinstance(given, int) and not isinstance(given, bool):
            if not 1 <= given <= MOST_SLIDERS:
                raise ControlError(f"a multi-slider has 1 to {MOST_SLIDERS} sliders, not {given}")
            whole = self.interval if self.values is None else self.values
            given = self._repeated(whole, given)
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise ControlError(f"sliders must be a number or a list, not {text_of(given)!r}")
        return [_told(place, _track, spec, self.step) for place, spec in enumerate(given)]

    def _repeated(self, whole: Any, count: int) -> list[Any]:
        """The interval or the values of each slider, of which one can stand for all."""
        shape = tuple if self.values is None else list
        nested = isinstance(whole, list | tuple) and any(isinstance(part, list | tuple) for part in whole)
        parts = list(whole) if nested else [whole]
        if len(parts) == 1:
            parts *= count
        return [shape(part) for part in _each(parts, count, "interval" if self.values is None else "values")]

    def describe(self) -> dict[str, Any]:
        parts = [track.describe() for track in self.sliders]
        names = ("label", "subtype", "range", "step", "values")
        return {
            "control_type": "multi_slider",
            "label": self.label,
            "default": [part["default"] for part in parts],
            "sliders": [{name: part[name] for name in names if name in part} for part in parts],
            "display_value": self.display_value,
        }

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        if not isinstance(wire, list) or len(wire) != len(self.sliders):
            raise ControlError(f"must be a list of {len(self.sliders)} values, not {text_of(wire)!r}")
        return [
            _told(place, track.read, part, namespace)
            for place, (track, part) in enumerate(zip(self.sliders, wire, strict=True))
        ]

    def at(self, value: Any) -> Control:
        parts = _each(value, len(self.sliders), "the value")
        for place, (track, part) in enumerate(zip(self.sliders, parts, strict=True)):
            _told(place, track.at, part)
        return dataclasses.replace(self, default=parts)


def _track(spec: Any, step: Any) -> Slider:
    if isinstance(spec, Slider):
        return spec
    if isinstance(spec, tuple) and len(spec) in (2, 3):
        return Slider(spec[0], spec[1], spec[2] if len(spec) == 3 else step)
    return Slider(spec)


def _told(place: int, make: Any, *args: Any, **named: Any) -> Any:
    """What `make` gives; an error says which of the sliders it concerns."""
    try:
        return make(*args, **named)
    except ControlError as error:
        raise ControlError(f"slider {place + 1}: {error}") from None


def _start(track: Slider, value: Any) -> Any:
    return dataclasses.replace(track, default=value).default


def _wire(track: Slider, value: Any) -> Any:
    return index_of(track.vmin, value) if track.discrete else value


def _two(value: Any) -> list[Any]:
    return _each(value, 2, "a range")


def _each(given: Any, count: int, name: str) -> list[Any]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ControlError(f"{name} must be a list of {count}, not {text_of(given)!r}")
    parts = list(given)
    if len(parts) != count:
        raise ControlError(f"{name} must have {count} entries, not {len(parts)}")
    return parts


def range_slider(
    vmin: Any,
    vmax: Any = None,
    step_size: Any = None,
    default: Any = None,
    label: str | None = None,
    display_value: bool = True,
    *,
    step: Any = None,
    steps: int | None = None,
) -> RangeSlider:
    """A slider with two thumbs."""
    step_size = step_of(vmin, vmax, step_size, step, steps)
    return RangeSlider(vmin, vmax, step_size, default, label, display_value)


def multi_slider(
    sliders: Any = 1,
    interval: Any = (0, 1),
    values: Any = None,
    default: Any = None,
    step: Any = None,
    label: str | None = None,
    display_value: bool = True,
) -> MultiSlider:
    """Several sliders that give one list."""
    return MultiSlider(sliders, interval, values, default, step, label, display_value)
