"""What an author can ask of a cell on a page of their own: attributes, properties, methods and events."""

import re
import urllib.request

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import AuthorsPage, OpenPage
from tests.browser.test_cell import EXAMPLE, output, slider
from tests.conftest import LiveStack

EVENTS = ["cell-ready", "run-start", "output", "run-end", "state-change", "error"]
LISTEN = (
    "cell => { const noted = cell.noted = [];"
    f"for (const name of {EVENTS})"
    "  cell.addEventListener(name, event => noted.push([name, event.detail])); }"
)


def press_run(cell: Locator, name: str = "Run") -> None:
    cell.get_by_role("button", name=name, exact=True).click()


def noted(cell: Locator) -> dict[str, list[dict[str, object]]]:
    """The details of the events so far, by name."""
    found: dict[str, list[dict[str, object]]] = {}
    for name, detail in cell.evaluate("cell => cell.noted"):
        found.setdefault(name, []).append(detail)
    return found


def end_session(live: LiveStack, page: Page, cell_id: str) -> None:
    """What an idle limit or the death of a device come to."""
    session = page.evaluate(f"JSON.parse(sessionStorage['longwire:/:{cell_id}']).session")
    headers = {"Authorization": f"Bearer {session['token']}"}
    request = urllib.request.Request(f"{live.api}/sessions/{session['id']}", method="DELETE", headers=headers)
    urllib.request.urlopen(request, timeout=20).close()


def test_linked_cells_share_a_session_and_come_back_together(
    live: LiveStack, authors_page: AuthorsPage
) -> None:
    adding = EXAMPLE.replace("print(n)", "print(base + n)")
    page = authors_page(
        '<interact-cell id="one" linked="notes"><pre>base = 10</pre></interact-cell>'
        f'<interact-cell id="two" linked="notes"><pre>{adding}</pre></interact-cell>'
        '<interact-cell id="alone"><pre>print(base)</pre></interact-cell>'
    )
    one, two, alone = (page.locator(f"#{name}") for name in ("one", "two", "alone"))
    press_run(one)
    expect(one.locator(".status")).to_have_text("ready")
    press_run(two)
    expect(output(two)).to_have_text("11")
    press_run(alone)
    expect(alone.locator(".error")).to_contain_text("name 'base' is not defined")

    slider(two).fill("5")
    expect(output(two)).to_have_text("15")
    page.reload()
    expect(output(two)).to_have_text("15")
    slider(two).fill("6")
    expect(output(two)).to_have_text("16")
    # The session is gone, and what the other cell had made with it.
    end_session(live, page, "two")
    expect(two.locator(".notice")).to_contain_text("press Run to start again")
    slider(two).fill("7")
    expect(output(two)).to_have_text("17")


def test_a_cell_tells_its_page_what_happens_and_does_what_it_is_told(authors_page: AuthorsPage) -> None:
    page = authors_page(f'<interact-cell run-label="Go"><pre>{EXAMPLE}</pre></interact-cell>')
    cell = page.locator("interact-cell")
    cell.evaluate(LISTEN)
    press_run(cell, "Go")
    expect(output(cell)).to_have_text("1")
    expect(cell.locator(".status")).to_have_text("ready")
    events = noted(cell)
    assert events["run-end"][0]["error"] is None
    assert 0 < float(str(events["run-end"][0]["seconds"])) < 60
    assert {"msg_type": "stream", "content": {"name": "stdout", "text": "1\n"}} in events["output"]
    assert [detail["state"] for detail in events["state-change"]][-1] == "ready"
    expect(cell.locator(".elapsed")).to_have_text(re.compile(r"^\d+\.\d s$"))

    cell.evaluate("cell => cell.setState({f: {n: 7}})")
    expect(output(cell)).to_have_text("7")
    assert cell.evaluate("cell => cell.getState()") == {"f": {"n": 7}}

    cell.evaluate("cell => { cell.code = '1 / 0'; cell.run(); }")
    expect(cell.locator(".error")).to_contain_text("ZeroDivisionError")
    expect(cell.locator(".status")).to_contain_text("ZeroDivisionError")
    assert noted(cell)["error"] == [{"ename": "ZeroDivisionError"}]

    cell.evaluate("cell => { cell.code = 'x = 1\\n1 / 0'; cell.run(); }")
    cell.get_by_role("button", name=re.compile(r"Cell In\[\d+\], line 2")).click()
    expect(cell.locator(".cm-content")).to_be_focused()
    assert cell.evaluate("cell => cell.shadowRoot.getSelection?.().toString()") == "1 / 0"

    cell.evaluate("cell => { cell.code = 'import time\\ntime.sleep(60)'; cell.run(); }")
    expect(cell.locator(".status")).to_have_text("running")
    cell.evaluate("cell => cell.stop()")
    expect(cell.locator(".error")).to_contain_text("KeyboardInterrupt")

    cell.evaluate("cell => cell.reset()")
    assert cell.evaluate("cell => cell.code") == EXAMPLE
    expect(cell.locator(".status")).to_have_text("ready")
    expect(cell.locator(".error")).to_have_count(0)


def test_the_author_chooses_how_the_code_is_shown(authors_page: AuthorsPage) -> None:
    code = f"<pre>{EXAMPLE}</pre></interact-cell>"
    page = authors_page(
        f'<interact-cell id="collapsed" editor="collapsed">{code}'
        f'<interact-cell id="readonly" editor="read-only">{code}'
        f'<interact-cell id="hidden" editor="hidden" theme="dark">{code}'
        f'<interact-cell id="controls" controls-only>{code}'
        '<interact-cell id="elsewhere" src="code.py"></interact-cell>'
        '<interact-cell id="missing" src="nothing.py"></interact-cell>',
        {"code.py": "    print('from elsewhere')\n"},
    )
    collapsed, controls = page.locator("#collapsed"), page.locator("#controls")
    expect(collapsed.locator(".editor")).to_be_hidden()
    collapsed.get_by_role("button", name="Show the code").click()
    expect(collapsed.locator(".editor")).to_be_visible()
    collapsed.evaluate("cell => cell.setAttribute('editor', 'hidden')")
    expect(collapsed.locator(".editor")).to_be_hidden()

    page.locator("#readonly .cm-content").click()
    page.keyboard.type("x")
    assert page.locator("#readonly").evaluate("cell => cell.code") == EXAMPLE
    expect(page.locator("#hidden .editor")).to_be_hidden()

    press_run(controls)
    expect(output(controls)).to_have_text("1")
    expect(controls.get_by_role("button", name="Run")).to_be_hidden()

    elsewhere = page.locator("#elsewhere")
    press_run(elsewhere)
    expect(elsewhere.locator(".area")).to_have_text("from elsewhere")


def test_a_cell_runs_by_itself_only_when_seen_and_only_where_allowed(
    live: LiveStack, authors_page: AuthorsPage, open_page: OpenPage
) -> None:
    page = authors_page(
        '<interact-cell id="seen" autorun><pre>print("seen")</pre></interact-cell>'
        '<div style="height: 4000px"></div>'
        '<interact-cell id="below" autorun><pre>print("below")</pre></interact-cell>'
    )
    expect(page.locator("#seen .area")).to_have_text("seen")
    below = page.locator("#below")
    expect(below.locator(".status")).to_have_text("ready")
    assert below.evaluate("cell => cell.shadowRoot.querySelector('.output-box').textContent") == ""
    below.scroll_into_view_if_needed()
    expect(below.locator(".area")).to_have_text("below")

    stranger = open_page(live, "/icon.svg")
    stranger.route(
        "http://stranger.test/**",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<script type="module" src="{live.url}/cell.js"></script>'
            '<interact-cell autorun><pre>print("unasked")</pre></interact-cell>',
        ),
    )
    stranger.goto("http://stranger.test/")
    cell = stranger.locator("interact-cell")
    expect(cell.locator(".cm-content")).to_be_visible()
    expect(cell.locator(".status")).to_have_text("ready")


def test_a_cell_speaks_the_language_of_its_page(authors_page: AuthorsPage) -> None:
    page = authors_page(f'<main lang="de"><interact-cell><pre>{EXAMPLE}</pre></interact-cell></main>')
    cell = page.locator("interact-cell")
    press_run(cell, "Ausführen")
    expect(output(cell)).to_have_text("1")
    expect(cell.locator(".status")).to_have_text("bereit")
    expect(cell.locator("section")).to_have_attribute("aria-label", "Regler von f")


def test_a_living_session_completes_and_explains(authors_page: AuthorsPage) -> None:
    page = authors_page(
        '<interact-cell linked="a"><pre>def längstes(wort):\n    "Says the longest."\n</pre></interact-cell>'
    )
    cell = page.locator("interact-cell")
    press_run(cell)
    expect(cell.locator(".status")).to_have_text("ready")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nläng")
    cell.locator(".cm-tooltip-autocomplete li", has_text="längstes").click()
    expect(cell.locator(".cm-line").last).to_have_text("längstes")
    page.keyboard.press("Control+i")
    expect(cell.locator(".cm-inspection")).to_contain_text("Says the longest.")
    page.keyboard.press("Escape")
    expect(cell.locator(".cm-inspection")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(cell.get_by_role("button", name="Run")).to_be_focused()


def test_output_is_told_politely_and_axe_finds_nothing(authors_page: AuthorsPage) -> None:
    page = authors_page(
        f'<main lang="en"><h1>Notes</h1><interact-cell><pre>{EXAMPLE}</pre></interact-cell></main>'
    )
    page.evaluate("document.documentElement.lang = 'en'")
    cell = page.locator("interact-cell")
    press_run(cell)
    spoken = cell.locator('.hint[aria-live="polite"]')
    expect(spoken).to_have_text(re.compile("^Output: .*1"))
    slider(cell).fill("9")
    expect(spoken).to_have_text("Output: 9")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
