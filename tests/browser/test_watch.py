"""A class that looks on: pupils see what the teacher does, and can do nothing."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import EXAMPLE, output, run, slider
from tests.conftest import LiveStack

WATCH = """
(key) => {
  const cell = document.createElement("interact-cell");
  cell.setAttribute("watch", key);
  document.querySelector("#cells").replaceChildren(cell);
}
"""
MOVE = """
(slider, value) => {
  slider.value = String(value);
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  slider.dispatchEvent(new Event("change", {bubbles: true}));
}
"""


def watch(page: Page, key: str) -> None:
    """Have one cell on the page, which watches."""
    page.evaluate(WATCH, key)
    expect(page.locator("interact-cell")).to_have_count(1)


def key_of(page: Page) -> str:
    key = page.locator("interact-cell").first.evaluate("cell => cell.watchKey")
    assert isinstance(key, str)
    return key


def test_a_pupil_sees_what_the_teacher_does_and_can_do_nothing(live: LiveStack, open_page: OpenPage) -> None:
    teacher, pupil = open_page(live), open_page(live)
    taught = run(teacher, EXAMPLE)
    expect(output(taught)).to_have_text("1")

    watch(pupil, key_of(teacher))

    seen = pupil.locator("interact-cell")
    expect(output(seen)).to_have_text("1")
    expect(seen.locator(".cm-content")).to_contain_text("def f(n=slider(1, 20, step=1))")
    expect(seen.locator('[part="status"]')).to_have_text("watching")
    expect(seen.get_by_role("button", name="Run")).to_be_hidden()
    expect(slider(seen)).to_be_disabled()

    slider(taught).evaluate(MOVE, 7)
    expect(output(taught)).to_have_text("7")
    expect(output(seen)).to_have_text("7")
    expect(slider(seen)).to_have_value("7")

    seen.evaluate("cell => { cell.run(); cell.stop(); cell.setState({f: {n: 3}}); }")
    slider(taught).evaluate(MOVE, 9)
    expect(output(seen)).to_have_text("9")
    expect(output(taught)).to_have_text("9")


def test_a_pupil_who_comes_late_sees_what_the_others_see(live: LiveStack, open_page: OpenPage) -> None:
    teacher, early, late = open_page(live), open_page(live), open_page(live)
    taught = run(teacher, EXAMPLE)
    expect(output(taught)).to_have_text("1")
    watch(early, key_of(teacher))
    slider(taught).evaluate(MOVE, 12)
    expect(output(taught)).to_have_text("12")
    expect(output(early.locator("interact-cell"))).to_have_text("12")

    watch(late, key_of(teacher))

    seen = late.locator("interact-cell")
    expect(output(seen)).to_have_text("12")
    expect(slider(seen)).to_have_value("12")
    late.reload()
    watch(late, key_of(teacher))
    expect(output(late.locator("interact-cell"))).to_have_text("12")


def test_a_pupil_is_told_when_there_is_nothing_to_watch(live: LiveStack, open_page: OpenPage) -> None:
    pupil = open_page(live)

    watch(pupil, "abc:nobody")

    notice = pupil.locator("interact-cell").locator('[part="notice"]')
    expect(notice).to_have_text("There is no such session to watch, or it is over.")
