"""A cell on a page that means it no good: its styles break everything, its framework moves the cell about."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import AuthorsPage
from tests.browser.test_cell import EXAMPLE, output, slider

HOSTILE = """
<style>
  * { all: unset !important; }
  html {
    font: italic 3px/0 serif !important; letter-spacing: 1em !important; word-spacing: 1em !important;
    text-transform: uppercase !important; text-indent: 5em !important; text-align: right !important;
    white-space: nowrap !important; cursor: none !important; pointer-events: none !important;
  }
  div, span, pre, section, input, textarea, iframe { display: none !important; }
  button { display: none !important; transform: scale(9) !important; }
  .box, .editor, .toolbar, .area, .panel, .status, .run { visibility: hidden !important; }
  input { appearance: none !important; width: 0 !important; }
</style>
"""
# As a framework makes, moves and takes away what it draws.
LIFE = """
async (code) => {
  await customElements.whenDefined("interact-cell");
  const [one, other] = [document.createElement("main"), document.createElement("main")];
  document.body.append(one, other);
  one.innerHTML = `<interact-cell id="cell"></interact-cell>`;
  const cell = one.firstChild;
  cell.code = code;
  window.cell = cell;
  window.places = [one, other];
}
"""


def computed(page: Page, part: str, *names: str) -> list[str]:
    """Styles of a part of the only cell."""
    found: list[str] = page.locator(f"interact-cell [part={part}]").first.evaluate(
        "(element, names) => names.map(name => getComputedStyle(element)[name])", list(names)
    )
    return found


def test_styles_of_the_page_do_not_reach_into_a_cell(authors_page: AuthorsPage) -> None:
    show = f"{EXAMPLE}\n    from IPython.display import HTML, display\n    display(HTML('&lt;b>rich&lt;/b>'))"
    page = authors_page(f"{HOSTILE}<interact-cell><pre>{show}</pre></interact-cell>")
    cell = page.locator("interact-cell")

    cell.get_by_role("button", name="Run", exact=True).click()
    expect(output(cell)).to_contain_text("1", timeout=40_000)
    slider(cell).press("End")
    expect(output(cell)).to_contain_text("20")
    expect(cell.frame_locator("iframe").locator("b")).to_be_visible()

    assert computed(page, "status", "fontStyle", "textTransform", "letterSpacing") == [
        "normal",
        "none",
        "normal",
    ]
    assert computed(page, "status", "textIndent", "cursor") == ["0px", "auto"]
    assert computed(page, "run", "transform", "fontSize", "lineHeight") == ["none", "15px", "22.5px"]
    assert computed(page, "box", "textAlign", "pointerEvents", "whiteSpace") == ["start", "auto", "normal"]
    # Sizes do not follow the page's root font size: all of the code and of the slider is there.
    editor, last = (cell.locator(name).last.bounding_box() for name in (".editor", ".cm-line"))
    track = slider(cell).bounding_box()
    assert editor and last and track
    assert last["y"] + last["height"] <= editor["y"] + editor["height"]
    assert track["width"] > 300


def test_a_cell_survives_a_framework(authors_page: AuthorsPage) -> None:
    page = authors_page("")
    page.evaluate(LIFE, EXAMPLE)
    cell = page.locator("#cell")
    cell.get_by_role("button", name="Run", exact=True).click()
    expect(output(cell)).to_have_text("1")

    page.evaluate("places[1].append(cell)")
    slider(cell).fill("7")
    expect(output(cell)).to_have_text("7")

    page.evaluate("cell.remove()")
    page.evaluate("places[0].append(cell)")
    expect(cell.locator("[part=output]").first).to_have_attribute("aria-busy", "false")
    expect(output(cell)).to_have_text("7")
    slider(cell).fill("9")
    expect(output(cell)).to_have_text("9")

    page.evaluate(
        "const copy = cell.cloneNode(true); copy.id = 'copy'; copy.code = cell.code; places[1].append(copy)"
    )
    copy = page.locator("#copy")
    copy.get_by_role("button", name="Run", exact=True).click()
    expect(output(copy)).to_have_text("1")
    expect(output(cell)).to_have_text("9")
