"""Medians and percentiles, printed the same way everywhere."""

import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def row(name: str, seconds: Sequence[float]) -> str:
    """One line: n, median and 95th percentile in milliseconds."""
    median, p95 = statistics.median(seconds) * 1000, percentile(seconds, 0.95) * 1000
    return f"{name:<58} n={len(seconds):<4} median {median:7.1f} ms   p95 {p95:7.1f} ms"
