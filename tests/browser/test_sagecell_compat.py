"""Pages written for SageMathCell, with one address changed: the ones in docs/embedding-sagecell.md."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import AuthorsSite
from tests.browser.test_cell import output, slider
from tests.conftest import LiveStack

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "embedding-sagecell.md").read_text()
PAGES = re.findall(r"^```html\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


def write(folder: Path, page: str, live: LiveStack) -> Path:
    (folder / "index.html").write_text(page.replace("https://HOST", live.url))
    return folder


def test_cells_made_from_the_head_run_hide_what_is_hidden_and_share_a_session(
    live: LiveStack, authors_site: AuthorsSite, tmp_path: Path
) -> None:
    page = authors_site(write(tmp_path, PAGES[0], live))

    minimal = page.locator("#live interact-cell")
    minimal.get_by_role("button", name="Activate", exact=True).click()
    expect(output(minimal, "_")).to_have_text("a is 1")
    slider(minimal, "a", "_").press("End")
    expect(output(minimal, "_")).to_have_text("a is 10")
    expect(minimal.locator(".editor")).to_be_hidden()
    expect(minimal.locator("[part=share]:visible")).to_have_count(0)

    first, second = page.locator("div.compute interact-cell").all()
    first.get_by_role("button", name="Evaluate", exact=True).click()
    expect(first.locator("[part=status]")).to_have_text("ready")
    second.get_by_role("button", name="Evaluate", exact=True).click()
    expect(second.locator(".area")).to_have_text("3 True")


def test_output_elsewhere_autoeval_callback_forms_and_other_languages(
    live: LiveStack, authors_site: AuthorsSite, tmp_path: Path
) -> None:
    page = authors_site(write(tmp_path, PAGES[1], live))

    cell, result = page.locator("#code interact-cell"), page.locator("#result")
    expect(output(result)).to_have_text("n is 1")
    expect(page).to_have_title("ready")
    slider(result).press("End")
    expect(output(result)).to_have_text("n is 5")
    expect(cell.locator("[data-function]")).to_have_count(0)
    expect(cell.get_by_role("button", name="Evaluate")).to_be_hidden()
    expect(cell.locator(".cm-content")).to_have_attribute("aria-readonly", "true")
    # Elsewhere it looks as it does in the cell.
    expect(result.locator("[part=panel]")).to_have_css("display", "grid")

    field = page.locator("textarea[name=answer]")
    page.locator("form interact-cell").evaluate("cell => { cell.code = '6 * 8'; cell.run() }")
    expect(page.locator("form interact-cell .area")).to_have_text("48")
    expect(field).to_have_value("6 * 8")

    expect(page.locator(".r")).to_contain_text("x <- 1")
    expect(page.locator(".r")).to_contain_text("language “r”, which cannot be run here")

    page.locator("#again").click()
    expect(output(result)).to_have_text("n is 1")
    page.locator("#away").click()
    expect(result).to_have_count(0)
    expect(page.locator("#code")).to_have_count(0)
