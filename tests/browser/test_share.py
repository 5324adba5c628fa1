"""What a reader shares and what another one opens: links that carry all of a cell, and run nothing."""

import base64
import json
import zlib

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from chalicelib import permalinks, reports
from chalicelib.clients import Clients
from chalicelib.settings import Settings
from infra.local import operating
from tests.browser.conftest import OpenPage
from tests.browser.test_cell import EXAMPLE, output, run, slider
from tests.browser.test_watch import MOVE
from tests.conftest import LiveStack

# Counts what is given to be inflated: a browser inflates each chunk whole, to a thousand times its size.
COUNT_FED = """
window.fed = 0;
const Native = DecompressionStream;
window.DecompressionStream = class {
  constructor(format) {
    const count = new TransformStream({
      transform(chunk, controller) { window.fed += chunk.length; controller.enqueue(chunk); },
    });
    this.writable = count.writable;
    this.readable = count.readable.pipeThrough(new Native(format));
  }
};
"""


@pytest.fixture
def aws(live: LiveStack, monkeypatch: pytest.MonkeyPatch) -> Clients:
    """The operator's clients."""
    for name, text in operating.environment(live.stack.options.state).items():
        monkeypatch.setenv(name, text)
    return Clients(Settings.from_environment())


def fragment(content: bytes) -> str:
    """The address of a cell that is all in it, as anybody can forge one."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(content) + deflate.flush()
    return "#cell=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def sessions_begun(page: Page) -> list[str]:
    """Whatever could run code: the websockets that the page opens from now on."""
    begun: list[str] = []
    page.on("websocket", lambda socket: begun.append(socket.url))
    return begun


def test_a_reader_takes_links_a_snippet_a_code_and_a_notebook_away(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live, permissions=["clipboard-read", "clipboard-write"])
    stored: list[str] = []
    page.on("request", lambda request: stored.append(request.url) if "permalinks" in request.url else None)
    cell = run(page, EXAMPLE)
    slider(cell).evaluate(MOVE, 7)
    expect(output(cell)).to_have_text("7")

    cell.get_by_role("button", name="Share").click()

    dialog = cell.get_by_role("dialog", name="Share this cell")
    whole = dialog.get_by_role("textbox", name="Link that holds everything")
    assert whole.input_value().startswith(f"{live.url}/#cell=")
    assert EXAMPLE in dialog.get_by_role("textbox", name="Embed").input_value()
    assert Axe().run(page).violations_count == 0
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Jupyter notebook").click()
    notebook = nbformat.read(download.value.path(), as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.cells[0].source == EXAMPLE
    assert notebook.cells[0].metadata.longwire.state == {"f": {"n": 7}}
    assert stored == []

    dialog.get_by_role("button", name="Make a link").click()

    link = dialog.get_by_role("textbox", name="Link", exact=True)
    assert link.input_value().startswith(f"{live.url}/?c=")
    assert len(stored) == 1
    dialog.get_by_role("button", name="Copy").first.click()
    expect(dialog.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == link.input_value()
    dialog.get_by_text("QR code", exact=True).click()
    expect(dialog.get_by_role("img", name="QR code: Link")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(cell.get_by_role("button", name="Share")).to_be_focused()


def test_an_opened_cell_runs_when_its_reader_says_so_and_can_be_reported_until_it_is_taken_down(
    live: LiveStack, open_page: OpenPage, aws: Clients
) -> None:
    layout = {"controls_only": True, "linked": "others"}
    content = {"code": EXAMPLE, "language": "python", "state": {"f": {"n": 7}}, "layout": layout}
    permalink_id = permalinks.store(aws, content)
    page = open_page(live)
    begun = sessions_begun(page)
    page.goto(f"{live.url}/?c={permalink_id}")
    cell = page.locator("interact-cell")
    expect(page.get_by_text("f: n = 7")).to_be_visible()
    # What hides code from a reader is not taken from a stranger: it can be unfolded.
    cell.get_by_role("button", name="Show the code").click()
    expect(cell.locator(".cm-content")).to_contain_text("def f(n=slider(1, 20, step=1))")
    expect(cell.locator('[part="status"]')).to_have_text("ready")
    assert begun == []

    cell.get_by_role("button", name="Run").click()
    expect(output(cell)).to_have_text("7")
    slider(cell).evaluate(MOVE, 9)
    expect(output(cell)).to_have_text("9")
    page.reload()
    # The reader's own value, not the link's.
    expect(output(cell)).to_have_text("9")
    expect(slider(cell)).to_have_value("9")

    page.get_by_role("button", name="Report this cell").click()
    dialog = page.get_by_role("dialog", name="Report this cell")
    expect(dialog.get_by_role("button", name="Send")).to_be_disabled()
    dialog.get_by_label("Reason").fill("It insults.")
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Reported. Thank you.")).to_be_visible()
    # By now the link's value would have come back, had it been applied.
    expect(slider(cell)).to_have_value("9")
    expect(output(cell)).to_have_text("9")
    assert reports.listed(aws)[0].reasons == ("It insults.",)

    permalinks.take_down(aws, permalink_id, "insulting")
    page.reload()
    expect(page.get_by_role("alert")).to_have_text(
        "This cell was taken down by the operator of this service: insulting"
    )
    expect(cell).to_have_count(0)
    page.goto(f"{live.url}/?c={'0' * 32}")
    expect(page.get_by_role("alert")).to_contain_text("There is no cell under this link")


def test_a_hostile_link_runs_nothing_and_takes_no_more_than_its_share(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live, "/icon.svg")
    begun = sessions_begun(page)
    page.add_init_script(COUNT_FED)
    markup = "</pre></script><img src=x onerror=alert(1)><script>alert(1)</script>"
    hostile = {
        "code": f"{EXAMPLE}\n# {markup}",
        "autorun": True,
        "run": True,
        "kernel": "../sh",
        "state": {"f": {"n": {"a": ["no", "number"]}, "x": markup}, "__proto__": {"n": 1}, "g": 1},
        "layout": {"editor": "hidden", "autorun": True, "linked": 7},
    }
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))

    page.goto(live.url + "/" + fragment(b'{"code": "x' + b" " * 60_000_000 + b'"}'))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("more than a cell may have")
    assert page.evaluate("window.fed") < 20_000
    for broken in (
        "#cell=" + "A" * 1_000_000,
        fragment(b"[]"),
        fragment(b'{"code": 1}'),
        "#cell=%00",
        "#cell=",
    ):
        page.evaluate("hash => { location.hash = hash; }", broken)
        expect(alert).to_contain_text("more than a cell" if len(broken) > 1000 else "This link is broken")
    page.evaluate("hash => { location.hash = hash; }", fragment(json.dumps(hostile).encode()))

    cell = page.locator("interact-cell")
    expect(page.get_by_text("f: x =")).to_contain_text("<img")
    expect(page.get_by_role("button", name="Report this cell")).to_have_count(0)
    expect(cell.locator('[part="status"]')).to_have_text("ready")
    cell.get_by_role("button", name="Show the code").click()
    expect(cell.locator(".cm-content")).to_contain_text(markup)
    assert begun == []

    cell.get_by_role("button", name="Run").click()
    expect(output(cell)).to_have_text("1")
    assert dialogs == []
