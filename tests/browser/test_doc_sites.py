"""Pages that Sphinx, MyST and MkDocs have made, opened by a reader."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AuthorsSite
from tests.browser.test_cell import output, slider
from tests.conftest import LiveStack
from tests.doc_sites import SECONDS, DocSites

CODE = '@interact\ndef f(n=slider(1, 20, step=1)):\n    print(n, n < 2 & 1, "</pre><b>&lt;")'


@pytest.fixture(scope="module")
def sites(live: LiveStack, tmp_path_factory: pytest.TempPathFactory) -> DocSites:
    return DocSites(tmp_path_factory.mktemp("documentation"), live.url)


def runs_and_slides(page: Page, button: str, shown: str) -> None:
    cell = page.locator("interact-cell").first
    cell.get_by_role("button", name=button, exact=True).click()
    expect(output(cell)).to_have_text(shown.format(1))
    slider(cell).press("End")
    expect(output(cell)).to_have_text(shown.format(20))


@pytest.mark.timeout(SECONDS)
def test_pages_of_sphinx_and_myst_run_their_cells(sites: DocSites, authors_site: AuthorsSite) -> None:
    folder = sites.sphinx()

    page = authors_site(folder)
    runs_and_slides(page, "Try it", "{} False </pre><b>&lt;")
    assert page.locator("interact-cell").first.evaluate("cell => cell.code") == CODE
    assert page.locator("interact-cell").nth(1).evaluate("cell => cell.code") == "print('from a file')"
    runs_and_slides(authors_site(folder, "myst.html"), "Run", "{} in Markdown")

    assert "cell.js" not in (folder / "plain.html").read_text()
    unscripted = authors_site(folder, java_script_enabled=False)
    expect(unscripted.locator("interact-cell pre").first).to_be_visible()
    assert unscripted.locator("interact-cell pre").first.inner_text().strip() == CODE


@pytest.mark.timeout(SECONDS)
def test_pages_of_mkdocs_run_their_cells(sites: DocSites, authors_site: AuthorsSite) -> None:
    folder = sites.mkdocs()

    page = authors_site(folder)
    runs_and_slides(page, "Run", "{} False </pre><b>&lt;")
    second = page.locator("#second")
    second.get_by_role("button", name="Try it", exact=True).click()
    expect(second.locator(".area")).to_have_text("the second")

    assert "cell.js" not in (folder / "plain" / "index.html").read_text()
    unscripted = authors_site(folder, java_script_enabled=False)
    assert unscripted.locator("interact-cell pre").first.inner_text().strip() == CODE
