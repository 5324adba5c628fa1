"""Hostile output in a real browser: what it tries against the page that shows it, and that it fails.

docs/output.md tells what each of these is for.
"""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import run
from tests.conftest import LiveStack

OUTPUTS = Path(__file__).resolve().parent / "outputs"

# Sends what it likes in the frame's name, once reach.js has got hold of the port.
SEND = """
async (_, messages) => {
  document.getElementById('cover').remove();
  // A new height is told over the port.
  document.querySelector('.slots').append(document.createElement('hr'));
  while (!window.port) await new Promise(requestAnimationFrame);
  for (const message of messages) window.port.postMessage(message);
}
"""
SENT = [
    *({"type": "height", "height": height} for height in (-5, 1e12, "100vh", {}, None)),
    *({"type": name, "height": 9, "code": "1/0"} for name in ("run", "execute_request", "__proto__")),
    {"type": "drawn", "batch": 1e9, "height": 1e12},
    {"type": "widgets", "request": {"msg_type": "execute_request", "content": {"code": "1/0"}}},
    {"type": "height", "height": 1e12},
]


def show(*parts: str) -> str:
    """The code that displays this markup."""
    return f"from IPython.display import HTML, display\ndisplay(HTML({''.join(parts)!r}))\n"


def test_output_reaches_nothing_of_the_page_and_covers_nothing_of_it(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    opened, dialogs = list[Page](), list[str]()
    page.context.on("page", lambda another: opened.append(another))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.evaluate("window.secret = 'untouched'; document.cookie = 'c=1'; localStorage.setItem('token', 'x')")
    before = page.url
    page.get_by_role("button", name="Add a cell").click()
    other = run(page, show("<b>another cell's</b>"), nth=1)
    expect(other.frame_locator("iframe").locator("b")).to_be_visible()
    addresses = f"const API = {json.dumps(live.api)}, WS = {json.dumps(live.websocket)};"
    script = f"<script>{addresses}{(OUTPUTS / 'reach.js').read_text()}</script>"
    with page.expect_console_message(lambda message: message.text.startswith("seen ")) as said:
        cell = run(page, show(script))
    seen = json.loads(said.value.text.removeprefix("seen "))
    assert len(seen) > 20
    assert {name: said for name, said in seen.items() if said not in ("refused", "nothing")} == {}
    assert (page.url, page.evaluate("window.secret")) == (before, "untouched")
    assert ([one.url for one in opened], dialogs) == ([], [])
    assert page.evaluate("document.activeElement.tagName") != "IFRAME"
    # It draws what it likes, but within its box.
    cell.get_by_role("button", name="Run").click(trial=True)
    frame = cell.frame_locator("iframe").first
    frame.locator("body").evaluate(SEND, SENT)
    expect(cell.locator("iframe").first).to_have_css("height", "20000px")
    expect(cell.locator("[part~=status]").first).to_contain_text("ended")
    expect(cell).not_to_contain_text("ZeroDivisionError")
    # To the service the frame is a stranger: its origin has no name, and it has no token.
    session = cell.evaluate("cell => cell.watchKey").split(":")[0]
    asked = page.request.get(f"{live.api}/sessions/{session}/messages", headers={"Origin": "null"})
    assert asked.status in (401, 403)


def test_the_page_stays_alive_under_floods(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    floods = (OUTPUTS / "floods.js").read_text()
    rest = "import time\ntime.sleep(4)\nprint('later', flush=True)\ntime.sleep(100)"
    for flood in ("port", "window", "reload", "nodes", "loop"):
        cell = run(page, show(f"<script>{floods}floods.{flood}()</script>") + rest)
        if flood in ("port", "window", "reload"):
            expect(cell).to_contain_text("This output was stopped")
        elif flood == "loop":
            # What would be lost in a frame that does not answer stands in the page.
            expect(cell.locator("[part~=output] > pre")).to_have_text("later\n")
        else:
            cell.locator("iframe").wait_for(state="attached")
        cell.get_by_role("button", name="Stop").click()
        expect(cell.locator("[part~=status]").first).to_contain_text("KeyboardInterrupt")
        run(page, "print('still here')")
        expect(cell.locator("[part~=output]").first).to_have_text("still here\n")


def test_scripts_in_other_types_do_not_run_in_the_page(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = run(page, (OUTPUTS / "markup.py").read_text())
    frame = cell.frame_locator("iframe").first
    expect(frame.locator("pre.error")).to_contain_text("<img src=x onerror")
    expect(frame.locator("pre.stream")).to_contain_text("link <script>")
    expect(frame.locator(".js-plotly-plot .gtitle")).to_be_visible()
    expect(frame.locator(".vega-embed svg")).to_be_visible()
    expect(frame.locator(".latex .katex")).to_be_visible()
    # In LaTeX, JSON and text nothing is markup, not even inside the frame.
    for plain in (".latex", ".json", "pre"):
        assert frame.locator(f"{plain} img, {plain} script, {plain} a[href^=javascript]").count() == 0
    assert page.evaluate("[window.owned, ({}).owned]") == [None, None]
    # What the page draws by itself are images and text.
    assert cell.locator("[part~=output] script, [part~=output] a").count() == 0
