"""What a page costs its reader: heap and frames in a drag of one minute over a plot, and with 20 cells."""

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from bench import live
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_cell import output, run
from tests.conftest import LiveStack

PLOT = """
import matplotlib.pyplot as plt, numpy as np
@interact
def f(n=slider(1, 200, step=1)):
    x = np.linspace(0, 10, 400)
    plt.plot(x, np.sin(n * x / 20))
    plt.show()
"""
TABLE = """
from IPython.display import HTML
@interact
def f(n=slider(1, 200, step=1)):
    display(HTML("<table>" + f"<tr><td>{n}</td></tr>" * 20 + "</table>"))
"""
RESULTS = Path(__file__).parent / "results" / "page.json"
SECONDS = 60
CELLS = 20
# Moves every slider once a frame and notes how long each frame took, in milliseconds.
MOVE = """
async ([sliders, seconds]) => {
  const frames = [], began = performance.now();
  let last = began;
  while (last - began < seconds * 1000) {
    for (const slider of sliders) {
      slider.value = String(1 + Math.round(100 * (1 + Math.sin((last - began) / 700))) % 200);
      slider.dispatchEvent(new Event('input', {bubbles: true, composed: true}));
    }
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  for (const slider of sliders) slider.dispatchEvent(new Event('change', {bubbles: true, composed: true}));
  return frames;
}
"""


@dataclass(frozen=True)
class Health:
    """`heap_before`, `heap_after` in MB after a garbage collection; frames in milliseconds."""

    heap_before: float
    heap_after: float
    nodes_after: int
    frames_per_second: float
    frame_p95: float

    def __str__(self) -> str:
        return (
            f"heap {self.heap_before:.1f} → {self.heap_after:.1f} MB, {self.nodes_after:,} nodes, "
            f"{self.frames_per_second:.0f} frames/s, p95 {self.frame_p95:.0f} ms"
        )


def main() -> None:
    with live.stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*ARGUMENTS, "--js-flags=--expose-gc"]
        )
        found = {
            "drag_of_a_minute": _one_cell(browser.new_page(), stack),
            "twenty_cells": _many_cells(browser.new_page(), stack),
        }
        browser.close()
    for name, health in found.items():
        print(f"{name}: {health}")
    figures = {name: asdict(health) for name, health in found.items()}
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


def _one_cell(page: Page, stack: LiveStack) -> Health:
    page.goto(stack.url)
    cell = run(page, PLOT.strip())
    expect(output(cell).locator("img")).to_be_visible(timeout=30_000)
    return _moved(page, SECONDS)


def _many_cells(page: Page, stack: LiveStack) -> Health:
    page.goto(stack.url)
    for _ in range(CELLS - 1):
        page.get_by_role("button", name="Add a cell").click()
    for number in range(CELLS):
        cell = page.locator("interact-cell").nth(number)
        cell.evaluate("(cell, code) => { cell.code = code; cell.run(); }", TABLE.strip())
        expect(output(cell).locator("iframe").first).to_be_visible(timeout=60_000)
    return _moved(page, SECONDS / 4)


def _moved(page: Page, seconds: float) -> Health:
    """All sliders of the page are dragged for so long."""
    session = page.context.new_cdp_session(page)
    before = _heap(session)
    sliders = page.locator("interact-cell input[type=range]").element_handles()
    frames: list[float] = page.evaluate(MOVE, [sliders, seconds])
    expect(page.locator("interact-cell [aria-busy=true]")).to_have_count(0, timeout=60_000)
    nodes = int(page.evaluate("document.querySelectorAll('*').length")) + sum(
        int(cell.evaluate("cell => cell.shadowRoot.querySelectorAll('*').length"))
        for cell in page.locator("interact-cell").element_handles()
    )
    p95 = statistics.quantiles(frames, n=20)[-1]
    return Health(before, _heap(session), nodes, 1000 * len(frames) / sum(frames), p95)


def _heap(session: CDPSession) -> float:
    """MB of JavaScript objects that are still reachable."""
    session.send("Performance.enable")
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")) / 1e6
