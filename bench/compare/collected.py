"""What was measured, by name: scenario/way/measure, each with its unit, n, median and 95th percentile."""

import statistics
from dataclasses import dataclass, field
from typing import TypedDict

from bench.figures import percentile


class Figure(TypedDict):
    unit: str
    n: int
    median: float
    p95: float


@dataclass
class Collected:
    _values: dict[str, list[float]] = field(default_factory=dict)
    _units: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str) -> None:
        self._values.setdefault(name, []).append(value)
        self._units[name] = unit

    def add_seconds(self, name: str, seconds: float) -> None:
        """Kept as milliseconds."""
        self.add(name, seconds * 1000, "ms")

    def figures(self) -> dict[str, Figure]:
        return {name: _figure(self._units[name], values) for name, values in self._values.items()}


def _figure(unit: str, values: list[float]) -> Figure:
    median, p95 = statistics.median(values), percentile(values, 0.95)
    return {"unit": unit, "n": len(values), "median": round(median, 1), "p95": round(p95, 1)}
