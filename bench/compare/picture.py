"""The figures of a run as one picture: an SVG that follows the reader's light or dark scheme."""

import io
import re
from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from bench.compare.collected import Figure
from bench.compare.tables import DRAG_WAYS, WAYS

Figures = Mapping[str, Figure]

# Colours that nothing else has, so that each can become a variable of the style sheet.
PAPER, INK, LINE = "#fefdfc", "#010203", "#0a0b0c"
VARIABLES = {PAPER: ("#ffffff", "#0d1117"), INK: ("#1f2328", "#e6edf3"), LINE: ("#d1d9e0", "#3d444d")}
COLOURS = {
    "longwire": "#2f6feb",
    "longwire_preempt": "#1a9c8f",
    "zmq": "#8b949e",
    "jupyter_server": "#d9822b",
    "jupyter_server_nodelay": "#b8621b",
    "kernel_gateway": "#a371f7",
    "ipywidgets": "#d9822b",
    "unthrottled": "#cf4444",
}
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "longwire",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
COUNTS = (1, 10, 20, 40)


def draw(figures: Figures) -> str:
    """The same figures give the same text."""
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(8.6, 9.2), layout="constrained")
        panels = canvas.subplots(3, 2)
        _bars(
            panels[0][0], figures, "drag_100_ms/{}/staleness", DRAG_WAYS, "Drag, 100 ms: to the final value"
        )
        _bars(panels[0][1], figures, "drag_plot/{}/staleness", DRAG_WAYS, "Drag, a plot: to the final value")
        _bars(panels[1][0], figures, "first_output_cold/{}/first", WAYS, "Run → first output, cold")
        _bars(panels[1][1], figures, "first_output_warm/{}/first", WAYS, "Run → first output, warm")
        _bars(panels[2][0], figures, "round_trip/{}/done", WAYS, "Round trip of a print")
        _lines(panels[2][1], figures)
        out = io.StringIO()
        canvas.savefig(out, format="svg", metadata={"Date": None})
    return _themed(out.getvalue())


def _bars(axes: Axes, figures: Figures, pattern: str, ways: Mapping[str, str], title: str) -> None:
    """Medians, with a whisker to the 95th percentile."""
    found = [(way, figures[pattern.format(way)]) for way in ways if pattern.format(way) in figures]
    axes.set_title(title, fontsize=10, loc="left")
    medians = [figure["median"] for _, figure in found]
    late = [max(0.0, figure["p95"] - figure["median"]) for _, figure in found]
    rows = range(len(found))
    axes.barh(
        rows, medians, xerr=[[0.0] * len(found), late], color=[COLOURS[way] for way, _ in found],
        ecolor=INK, error_kw={"elinewidth": 0.8, "capsize": 2}, height=0.62,
    )  # fmt: skip
    axes.set_yticks(rows, [ways[way].replace("`", "") for way, _ in found])
    axes.invert_yaxis()
    is_wide = max(medians) > 20 * min(medians)
    if is_wide:
        axes.set_xscale("log")
    axes.set_xlabel("ms (logarithmic)" if is_wide else "ms")
    for row, (median, more) in enumerate(zip(medians, late, strict=True)):
        axes.annotate(
            f"{median:,.0f}", (median + more, row), xytext=(4, 0), textcoords="offset points", va="center"
        )
    axes.margins(x=0.16)
    axes.tick_params(length=0)


def _lines(axes: Axes, figures: Figures) -> None:
    axes.set_title("A print a second each: 95th pct.", fontsize=10, loc="left")
    for way, name in WAYS.items():
        points = [(count, figures.get(f"sessions_{count}/{way}/done")) for count in COUNTS]
        known = [(count, figure["p95"]) for count, figure in points if figure]
        axes.plot(*zip(*known, strict=True), color=COLOURS[way], marker="o", markersize=3, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("sessions")
    axes.set_ylabel("ms")
    axes.legend(frameon=False, fontsize=8)
    axes.tick_params(length=0)


def _themed(svg: str) -> str:
    light = "".join(f"--{colour[1:]}:{values[0]};" for colour, values in VARIABLES.items())
    dark = "".join(f"--{colour[1:]}:{values[1]};" for colour, values in VARIABLES.items())
    for colour, (fallback, _) in VARIABLES.items():
        svg = svg.replace(colour, f"var(--{colour[1:]}, {fallback})")
    rules = (
        f"svg{{{light}}} text{{fill:var(--{INK[1:]})}} @media (prefers-color-scheme:dark){{svg{{{dark}}}}}"
    )
    svg = re.sub(r"<defs>", f"<defs><style>{rules}</style>", svg, count=1)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
