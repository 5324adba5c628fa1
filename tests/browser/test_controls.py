"""Every control: its name for a screen reader, its keyboard, its width on a phone, axe."""

from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import output, run
from tests.conftest import LiveStack


@dataclass(frozen=True)
class Case:
    """A control, the input that a screen reader would find by `role` and `name`, and what keys make of it."""

    control: str
    role: str
    name: str
    first: str
    keys: tuple[str, ...]
    then: str


CASES = {
    "slider, integer": Case("slider(1, 9, default=4, label='N')", "slider", "N", "4", ("ArrowRight",), "5"),
    "slider, continuous": Case("slider(0.0, 1.0, label='X')", "slider", "X", "0.0", ("End",), "1.0"),
    "slider, discrete": Case(
        "slider(['a', 'b', 'c'], label='Letter')", "slider", "Letter", "a", ("End",), "c"
    ),
    "range slider": Case(
        "range_slider(0, 10, 1, default=(2, 8), label='Part')",
        "slider",
        "Part",
        "(2, 8)",
        ("ArrowRight",),
        "(3, 8)",
    ),
    "multi-slider": Case(
        "MultiSlider({'bass': (0, 9), 'treble': (0, 9)}, default=[1, 2], label='Sound')",
        "slider",
        "bass",
        "[1, 2]",
        ("ArrowRight",),
        "[2, 2]",
    ),
    "text box": Case(
        "input_box('hi', 'Word', type=str)", "textbox", "Word", "hi", ("End", "!", "Enter"), "hi!"
    ),
    "number box": Case("input_box(7, 'N', type=int)", "textbox", "N", "7", ("End", "5", "Enter"), "75"),
    "expression box": Case("input_box('2 ** 3', 'E')", "textbox", "E", "8", ("End", "+", "1", "Enter"), "9"),
    "text area": Case(
        "input_box('a', 'Text', type=str, height=3, keypress=True)",
        "textbox",
        "Text",
        "a",
        ("End", "b"),
        "ab",
    ),
    "checkbox": Case("checkbox(False, 'On')", "checkbox", "On", "False", ("Space",), "True"),
    "selector, dropdown": Case("selector([1, 2, 3], label='S')", "combobox", "S", "1", ("ArrowDown",), "2"),
    "selector, radio": Case(
        "selector([1, 2, 3], kind='radio', label='S')", "radio", "1", "1", ("ArrowDown",), "2"
    ),
    "selector, buttons": Case(
        "selector([1, 2, 3], buttons=True, label='S')", "any", "2", "1", ("Space",), "2"
    ),
    "input grid": Case(
        "input_grid(1, 2, default=[[1, 2]], label='M')",
        "textbox",
        "M",
        "[[1, 2]]",
        ("End", "0", "Enter"),
        "[[10, 2]]",
    ),
    "colour": Case(
        "color_selector('#102030', 'C')",
        "textbox",
        "C, as text",
        "#102030",
        ("End", "Backspace", "1", "Enter"),
        "#102031",
    ),
    "button": Case(
        "Button('Go', value='gone', default='still')", "button", "Go", "still", ("Enter",), "gone"
    ),
    "button bar": Case("ButtonBar(['l', 'r'], label='Move')", "button", "r", "None", ("Space",), "r"),
    "update button": Case("UpdateButton('Apply')", "button", "Apply", "False", ("Enter",), "True"),
    "date box": Case("DateBox('2026-11-24', 'Day')", "any", "Day", "2026-11-24", ("ArrowUp",), "2026-12-24"),
}


def _input(cell: Locator, case: Case) -> Locator:
    panel = cell.locator('[data-function="f"]').first
    if case.role == "any":
        return (
            panel.get_by_label(case.name)
            .or_(panel.get_by_role("button", name=case.name))
            .or_(panel.get_by_role("radio", name=case.name))
            .first
        )
    return panel.get_by_role(case.role, name=case.name).first  # type: ignore[arg-type]


def _show(page: Page, control: str) -> Locator:
    return run(page, f"@interact\ndef f(v={control}):\n    print(v)")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_control_has_a_name_and_a_keyboard_and_fits_a_phone(
    live: LiveStack, open_page: OpenPage, case: Case
) -> None:
    page = open_page(live, viewport={"width": 360, "height": 740})
    cell = _show(page, case.control)
    expect(output(cell)).to_have_text(case.first)
    field = _input(cell, case)
    expect(field).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    field.focus()
    for key in case.keys:
        page.keyboard.press(key)
    expect(output(cell)).to_have_text(case.then)


def test_a_file_is_read_and_one_that_is_too_large_is_refused_in_words(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live, viewport={"width": 360, "height": 740})
    cell = run(
        page,
        "@interact\ndef f(v=FileBox('Upload', limit=20)):\n    print(v and (v.name, len(v)))",
    )
    expect(output(cell)).to_have_text("None")
    box = cell.get_by_label("Upload").first
    box.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"})
    expect(output(cell)).to_have_text("('a.txt', 5)")
    box.set_input_files({"name": "b.txt", "mimeType": "text/plain", "buffer": b"x" * 100})
    expect(cell.locator("[role=alert]:visible").first).to_be_visible()
    assert Axe().run(page).violations_count == 0


def test_html_of_the_program_is_shown_in_its_frame_only(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live, viewport={"width": 360, "height": 740})
    cell = run(page, "@interact\ndef f(v=HtmlBox('<b id=x>bold</b>', 'About')):\n    print(v)")
    expect(cell.frame_locator("iframe").first.locator("#x")).to_have_text("bold")
    assert cell.locator("#x").count() == 0
    assert Axe().run(page).violations_count == 0
