"""What programs show: every type drawn, in one frame, in place, at a height that does not jump."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import output, run, slider
from tests.conftest import LiveStack

EVERYTHING = (Path(__file__).resolve().parent / "outputs" / "everything.py").read_text()
STICKS = """
(box) => {
  box.scrollTop = 3000;
  const top = box.querySelector('th').getBoundingClientRect().top - box.getBoundingClientRect().top;
  return box.clientHeight < 500 && box.scrollHeight > 3000 && Math.abs(top) < 5;
}
"""

UPDATES = """
from IPython.display import HTML, display
@interact
def f(n=slider(1, 30, step=1)):
    count = "<script>window.runs = (window.runs || 0) + 1</script>"
    display(HTML(f"<div id=n style='height: 300px'>{n}</div>{count}"))
    figure = {"data": [{"x": [1, 2, 3], "y": [1, n, 3]}], "layout": {"height": 300}}
    display({"application/vnd.plotly.v1+json": figure}, raw=True)
    print("n is", n)
"""
# Notes every height that the output had while this ran.
WATCH_HEIGHTS = """
(area) => {
  window.heights = new Set();
  const note = () => {
    window.heights.add(Math.round(area.getBoundingClientRect().height));
    requestAnimationFrame(note);
  };
  note();
}
"""
ZOOM = """
(plot) => window.Plotly.relayout(plot, {'xaxis.range': [1.2, 1.8]})
"""


def test_every_type_is_drawn_and_a_stretch_of_output_has_one_frame(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    hosts = set[str]()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "://" in request.url else None)
    cell = run(page, EVERYTHING)
    frame = cell.frame_locator("iframe").first
    expect(frame.locator("pre.error")).to_contain_text("ZeroDivisionError")
    expect(cell.locator("iframe")).to_have_count(1)
    expect(cell.locator("[part~=output] > pre")).to_have_text("before\n")
    expect(frame.locator(".slot").nth(1)).to_have_text("after\n")
    expect(frame.get_by_text("shared 42")).to_be_visible()
    expect(frame.locator("h1")).to_have_text("Title")
    expect(frame.locator(".katex-display")).to_have_count(1)
    expect(frame.locator(".katex")).to_have_count(3)
    expect(frame.locator(".js-plotly-plot .gtitle")).to_have_text("Bars")
    expect(frame.locator(".vega-embed svg").get_by_text("Points")).to_be_visible()
    expect(frame.locator(".json .key")).to_have_text(["name", "inner"])
    frame.locator(".json summary", has_text="inner").click()
    expect(frame.locator(".json .string")).to_have_text('"<b>"')
    expect(frame.get_by_role("link", name="PDF")).to_have_attribute("download", "output.pdf")
    expect(frame.get_by_alt_text("A dot")).to_be_visible()
    expect(frame.locator(".many")).to_have_count(60)
    expect(frame.locator("pre.stream").last).to_contain_text("20% 10%\n")
    # Long tables scroll in a box of their own, under a heading that stays.
    assert frame.locator(".table.long").evaluate(STICKS)
    # The frame is as tall as what is in it, and nothing came from elsewhere.
    fits = "e => Math.abs(e.getBoundingClientRect().height - innerHeight) < 2"
    assert frame.locator(".slots").first.evaluate(fits)
    assert hosts <= {live.url.split("/")[2], live.api.split("/")[2]}


def test_new_output_takes_the_place_of_the_old_inside_the_frame(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = run(page, UPDATES)
    frame = output(cell).locator("iframe").content_frame
    plot = frame.locator(".js-plotly-plot")
    expect(plot.locator(".main-svg").first).to_be_visible()
    expect(frame.locator("pre")).to_have_text("n is 1\n")
    plot.evaluate(ZOOM)
    frame.locator(".slots").first.evaluate("() => { window.mark = 'same window' }")
    output(cell).evaluate(WATCH_HEIGHTS)
    for n in range(2, 6):
        slider(cell).press("ArrowRight")
        expect(frame.locator("pre")).to_have_text(f"n is {n}\n")
        expect(frame.locator("#n")).to_have_text(str(n))
    assert len(page.evaluate("[...window.heights]")) == 1
    assert frame.locator("#n").evaluate("() => [window.mark, window.runs]") == ["same window", 5]
    assert plot.evaluate("plot => [plot.layout.xaxis.range, plot.data[0].y]") == [[1.2, 1.8], [1, 5, 3]]
    expect(output(cell).locator("iframe")).to_have_count(1)
