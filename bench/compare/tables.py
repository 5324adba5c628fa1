"""The tables of docs/benchmarks.md, made from a run's record."""

from typing import Any

from bench.compare.collected import Figure
from bench.compare.ratios import RATIOS

COMPARED = ("jupyter_server", "jupyter_kernel_gateway", "ipywidgets")
WAYS = {
    "longwire": "Longwire",
    "zmq": "jupyter_client over ZMQ",
    "jupyter_server": "jupyter_server",
    "jupyter_server_nodelay": "the same, TCP_NODELAY",
    "kernel_gateway": "kernel gateway",
}
SCENARIOS = {
    "first_output_cold/{}/first": "Run → first output, cold",
    "first_output_warm/{}/first": "Run → first output, warm",
    "round_trip/{}/first": "`print` → its output",
    "round_trip/{}/done": "`print` → reply and idle",
    "lines/{}/arrived": "10,000 flushed lines: arrived",
    "lines/{}/done": "10,000 flushed lines: until idle",
    "image_1_mb/{}/done": "an image of 1 MB",
    "image_8_mb/{}/done": "an image of 8 MB",
    "sessions_1/{}/done": "1 session, a `print` a second",
    "sessions_10/{}/done": "10 sessions",
    "sessions_20/{}/done": "20 sessions",
    "sessions_40/{}/done": "40 sessions",
}
DRAG_WAYS = {
    "longwire": "Longwire",
    "longwire_preempt": "Longwire, `preempt`",
    "ipywidgets": "ipywidgets",
    "unthrottled": "every event sent",
}
FUNCTIONS = {"5_ms": "5 ms", "100_ms": "100 ms", "1000_ms": "1,000 ms", "plot": "matplotlib plot"}


def tables(latest: dict[str, Any]) -> str:
    """The part of the document that is made from a record."""
    machine, versions = latest["machine"], latest["versions"]
    where = f"{machine['cores']} cores ({machine['cpu']}), {machine['memory_gb']} GB, {machine['system']}"
    named = {"Python": versions["python"], "Node": versions["node"]}
    named |= {name: versions["bench"][name] for name in COMPARED}
    parts = [
        f"{latest['at'][:10]}, {where}; {', '.join(' '.join(pair) for pair in named.items())}.",
        ratio_table(latest),
        "Medians / 95th percentiles, ms:",
        _way_table(latest["figures"]),
        "Drags at 60 Hz for 2 s, medians (of staleness the 95th percentile, too):",
        _drag_table(latest["figures"]),
    ]
    return "\n" + "\n\n".join(parts) + "\n\n"


def ratio_table(latest: dict[str, Any]) -> str:
    rows = ["| ratio | found | goal | |", "|---|---|---|---|"]
    for name, found in latest["ratios"].items():
        ratio = RATIOS[name]
        mark = "" if ratio.goal is None or found is None else "met" if ratio.met_by(found) else "**missed**"
        shown = "not measured" if found is None else f"{found:.3g}"
        rows.append(f"| `{name}`: {ratio.words} | {shown} | {ratio.goal_words} | {mark} |")
    return "\n".join(rows)


def _way_table(figures: dict[str, Figure]) -> str:
    rows = [f"| | {' | '.join(WAYS.values())} |", "|---" * (len(WAYS) + 1) + "|"]
    for pattern, words in SCENARIOS.items():
        cells = [_cell(figures.get(pattern.format(way))) for way in WAYS]
        rows.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "did not arrive"
    if figure["unit"] != "ms":
        return f"{figure['median']:,.0f}"
    return f"{figure['median']:,.0f} / {figure['p95']:,.0f}"


def _drag_table(figures: dict[str, Figure]) -> str:
    rows = [
        "| function | | last event → final value, ms | runs | live updates | longest silence, ms | KB |",
        "|---" * 7 + "|",
    ]
    for function, words in FUNCTIONS.items():
        for way, name in DRAG_WAYS.items():
            found = {
                key.rsplit("/", 1)[1]: figure
                for key, figure in figures.items()
                if key.startswith(f"drag_{function}/{way}/")
            }
            if found:
                cells = [
                    _cell(found["staleness"]),
                    *(f"{found[key]['median']:,.0f}" for key in ("runs", "live", "silence")),
                ]
                rows.append(
                    f"| {words} | {name} | {' | '.join(cells)} | {found['received']['median'] / 1000:,.0f} |"
                )
    return "\n".join(rows)
