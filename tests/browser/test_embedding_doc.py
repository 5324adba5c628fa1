"""What docs/embedding.md tells authors to put into their pages does what it says."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import AuthorsPage
from tests.browser.test_cell import output
from tests.conftest import LiveStack

DOC = (Path(__file__).resolve().parents[2] / "docs" / "embedding.md").read_text()
PARTS = "cell => [...cell.shadowRoot.querySelectorAll('[part]')].map(element => element.part.value)"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOC, re.DOTALL)
    assert found
    return found[1]


def test_the_snippets_make_a_cell_that_runs_and_looks_as_asked(
    live: LiveStack, authors_page: AuthorsPage
) -> None:
    snippet = block("html").replace("https://HOST", live.url)
    page = authors_page(f"{snippet}<style>{block('css')}</style>")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.add_script_tag(content=block("js"))
    cell = page.locator("interact-cell")
    run = cell.get_by_role("button", name="Run")
    expect(run).to_have_css("border-radius", "999px")
    expect(run).to_have_css("background-color", "rgb(122, 31, 92)")
    run.click()
    expect(output(cell)).to_have_text("1")
    expect(cell.locator(".elapsed")).not_to_be_empty()
    assert re.fullmatch(r"done in [\d.]+ s", said[-1])
    parts = re.search(r"Parts for `::part\(\)`: (.*?)\. Colours", DOC)
    assert parts
    assert set(cell.evaluate(PARTS)) <= set(re.findall(r"`([a-z]+)`", parts[1]))
