"""Every example runs in the page as its author meant it."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import run
from tests.conftest import LiveStack

EXAMPLES = sorted((Path(__file__).resolve().parent.parent.parent / "examples").glob("*.py"))
# These show errors on purpose.
WITH_ERRORS = {"error_in_function", "errors_explain"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_draws_its_controls_and_runs(live: LiveStack, open_page: OpenPage, path: Path) -> None:
    page = open_page(live)
    cell = run(page, path.read_text())
    expect(cell.locator("[part~=status]").first).to_have_attribute("data-status", re.compile("ready|ended"))
    if path.stem != "errors_explain":
        expect(cell.locator("[data-function]").first).to_be_visible()
    # A control that the page cannot draw would say so in a note instead.
    expect(cell.locator(".unknown")).to_have_count(0)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if path.stem not in WITH_ERRORS:
        expect(cell).not_to_contain_text("Traceback")
