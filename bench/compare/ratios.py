"""The ratios that Longwire is held to, each with its goal, from the figures of one run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.compare.collected import Figure

Figures = Mapping[str, Figure]
RUN_MS = 100.0


@dataclass(frozen=True)
class Ratio:
    """`goal` is the most it may be, or the least where `is_least`; None is no goal."""

    words: str
    of: Callable[[Figures], float]
    goal: float | None = None
    is_least: bool = False

    def met_by(self, found: float) -> bool:
        if self.goal is None:
            return True
        return found >= self.goal if self.is_least else found <= self.goal

    @property
    def goal_words(self) -> str:
        return "" if self.goal is None else f"{'at least' if self.is_least else 'at most'} {self.goal:g}"


def _median(name: str) -> Callable[[Figures], float]:
    return lambda figures: figures[name]["median"]


def _ratio(ours: str, theirs: str, key: str = "median") -> Callable[[Figures], float]:
    return lambda figures: figures[ours][key] / figures[theirs][key]  # type: ignore[literal-required]


_DRAG = "drag_100_ms"
_OURS = f"{_DRAG}/longwire/staleness"
_PREEMPT = f"{_DRAG}/longwire_preempt/staleness"
_WIDGETS = f"{_DRAG}/ipywidgets/staleness"

RATIOS: Mapping[str, Ratio] = {
    "drag_staleness_runs": Ratio(
        "drag over a 100 ms function: from the last event to the final value, in runs",
        lambda figures: figures[_OURS]["median"] / RUN_MS,
    ),
    "drag_staleness_vs_ipywidgets": Ratio("the same, of ipywidgets'", _ratio(_OURS, _WIDGETS), 1.0),
    "drag_staleness_preempt_vs_ipywidgets": Ratio(
        "with `preempt`, of ipywidgets'", _ratio(_PREEMPT, _WIDGETS), 0.7
    ),
    "drag_staleness_vs_unthrottled": Ratio(
        "of a client's that sends every event", _ratio(_OURS, f"{_DRAG}/unthrottled/staleness"), 0.02
    ),
    "drag_live_updates": Ratio(
        "new values shown while the slider moves (2 s)", _median(f"{_DRAG}/longwire/live"), 16, is_least=True
    ),
    "drag_live_updates_preempt": Ratio("the same, with `preempt`", _median(f"{_DRAG}/longwire_preempt/live")),
    "drag_longest_silence_preempt_ms": Ratio(
        "longest time without anything new in any such drag, with `preempt`, ms",
        lambda figures: figures[f"{_DRAG}/longwire_preempt/silence"]["p95"],
        400,
    ),
    "warm_first_output_vs_jupyter_server_cold": Ratio(
        "Run → first output with a kernel ready, of jupyter_server's cold start",
        _ratio("first_output_warm/longwire/first", "first_output_cold/jupyter_server/first"),
        0.3,
    ),
    "round_trip_vs_jupyter_server": Ratio(
        "round trip of an execution, of jupyter_server's",
        _ratio("round_trip/longwire/done", "round_trip/jupyter_server/done"),
        1.0,
    ),
    "round_trip_vs_jupyter_server_nodelay": Ratio(
        "of jupyter_server's with TCP_NODELAY forced on",
        _ratio("round_trip/longwire/done", "round_trip/jupyter_server_nodelay/done"),
        3.0,
    ),
    "lines_arrived_share": Ratio(
        "share of 10,000 flushed lines that arrives",
        lambda figures: figures["lines/longwire/arrived"]["median"] / 10_000,
        1.0,
        is_least=True,
    ),
    "p95_40_sessions_vs_jupyter_server": Ratio(
        "95th percentile of the round trip with 40 live sessions, of jupyter_server's",
        _ratio("sessions_40/longwire/done", "sessions_40/jupyter_server/done", "p95"),
        1.0,
    ),
}


def ratios(figures: Figures) -> dict[str, float | None]:
    """Every ratio; None is one whose figures were not measured."""
    found: dict[str, float | None] = {}
    for name, ratio in RATIOS.items():
        try:
            found[name] = round(ratio.of(figures), 4)
        except KeyError:
            found[name] = None
    return found
