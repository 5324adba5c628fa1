"""Steps along a track, exact in the digits that the author wrote, and lists of values that are such steps."""

import math
import numbers
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from device_agent.kernel.errors import ControlError

# A short list keeps its own values; from here on they must not travel as texts, and 1e-9 is near enough.
LONG_LIST = 500


def exact(value: float) -> Fraction:
    """What the author wrote: 0.1 is a tenth here, so that three steps of it are 0.3."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def whole_steps(low: float, high: float, step: float) -> int:
    if isinstance(low, int) and isinstance(high, int) and isinstance(step, int):
        return (high - low) // step
    # The slack is for steps such as 1 / 3, whose digits end too early, and for the digits of the ends.
    slack = Fraction(1, 10**9) + exact(math.ulp(max(abs(low), abs(high)))) / exact(step)
    if slack > Fraction(1, 4):
        raise ControlError(f"step {step} is too small for the range from {low} to {high}")
    return math.floor((exact(high) - exact(low)) / exact(step) + slack)


def on_step(low: float, high: float, step: float, steps: int) -> int | float:
    if isinstance(low, int):
        return low + steps * int(step)
    return max(low, min(high, float(exact(low) + steps * exact(step))))


def even_steps(values: "range | Sequence[Any]") -> tuple[Any, Any, Any] | None:
    """(low, high, step) of evenly spaced numbers: 10,000 values must not travel as 10,000 texts."""
    if isinstance(values, range):
        return min(values), max(values), abs(values.step)
    if len(values) < 2:
        return None
    if all(_plain(value, numbers.Integral) and abs(value) <= 2**53 for value in values):
        whole = [int(value) for value in values]
        step = whole[1] - whole[0]
        even = step > 0 and all(b - a == step for a, b in pairwise(whole))
        return (whole[0], whole[-1], step) if even else None
    if len(values) >= LONG_LIST and all(_plain(value, numbers.Real) for value in values):
        return _even_floats([float(value) for value in values])
    return None


def _plain(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and type(value).__name__ != "bool"


def _even_floats(values: list[float]) -> tuple[float, float, float] | None:
    low, high, count = values[0], values[-1], len(values) - 1
    step = (high - low) / count
    if not (math.isfinite(step) and step > 0):
        return None
    even = all(abs(low + i * step - value) <= 1e-9 * (high - low) for i, value in enumerate(values))
    if not even or whole_steps(low, high, step) != count:
        return None
    return low, high, step
