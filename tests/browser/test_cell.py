"""What a reader sees and does in a cell, in a real browser on the real stack."""

import os
import signal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.conftest import LiveStack
from tests.integration.test_failures import agent_pids

EXAMPLE = "@interact\ndef f(n=slider(1, 20, step=1)):\n    print(n)"


def type_code(cell: Locator, code: str) -> None:
    """Replace the cell's code by typing, as a person would (auto-indent included)."""
    editor = cell.locator(".cm-content")
    editor.click()
    editor.press("Control+a")
    editor.press("Delete")
    editor.page.keyboard.insert_text(code)


def run(page: Page, code: str, nth: int = 0) -> Locator:
    """Type code into a cell and press Run."""
    cell = page.locator("interact-cell").nth(nth)
    type_code(cell, code)
    cell.get_by_role("button", name="Run").click()
    return cell


def output(cell: Locator, function: str = "f") -> Locator:
    """The output area of a function."""
    return cell.locator(f'[data-function="{function}"] [data-state]').first


def slider(cell: Locator, argument: str = "n", function: str = "f") -> Locator:
    panel = cell.locator(f'[data-function="{function}"] [data-argument="{argument}"]').first
    return panel.locator("input[type=range]")


# Moves a slider once a frame and notes what is on screen at every frame.
DRAG = """
async ([slider, output, seconds]) => {
  const shown = [];
  const began = performance.now();
  let last = 0, lastEvent = 0, final = null;
  const note = () => {
    const text = output.textContent.trim();
    if (text !== '' && (!shown.length || shown[shown.length - 1] !== Number(text))) shown.push(Number(text));
  };
  const frame = () => new Promise(requestAnimationFrame);
  let events = 0;
  while (performance.now() - began < seconds * 1000) {
    const part = (performance.now() - began) / (seconds * 1000);
    slider.value = String(Math.round(Number(slider.min) + part * (slider.max - slider.min)));
    slider.dispatchEvent(new Event('input', {bubbles: true, composed: true}));
    lastEvent = performance.now();
    events++;
    note();
    await frame();
  }
  slider.value = slider.max;
  slider.dispatchEvent(new Event('input', {bubbles: true, composed: true}));
  slider.dispatchEvent(new Event('change', {bubbles: true, composed: true}));
  lastEvent = performance.now();
  while (performance.now() - lastEvent < 10000 && final === null) {
    note();
    if (shown[shown.length - 1] === Number(slider.max)) final = performance.now() - lastEvent;
    await frame();
  }
  return {shown, events, final};
}
"""


def drag(cell: Locator, seconds: float = 2.0) -> dict[str, object]:
    handles = [slider(cell).element_handle(), output(cell).element_handle(), seconds]
    result: dict[str, object] = cell.page.evaluate(DRAG, handles)
    return result


def test_the_readme_example_runs_and_its_output_follows_the_drag(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    cell = run(page, EXAMPLE)
    expect(output(cell)).to_have_text("1")
    seen = drag(cell)
    shown = seen["shown"]
    assert isinstance(shown, list)
    assert shown == sorted(shown), "no value lower than one already shown"
    assert shown[-1] == 20
    assert len(shown) > 5, "the output follows the drag, not only its end"


def test_shift_enter_runs_and_a_mouse_drags(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = page.locator("interact-cell").first
    type_code(cell, EXAMPLE)
    page.keyboard.press("Shift+Enter")
    expect(output(cell)).to_have_text("1")
    box = slider(cell).bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2, steps=30)
    expect(output(cell)).to_have_text("20")  # still held: it updates live, not on release
    page.mouse.up()
    slider(cell).press("ArrowLeft")
    expect(output(cell)).to_have_text("19")


def test_a_slow_function_shows_the_last_value_of_a_drag_and_none_out_of_order(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    cell = run(
        page, "import time\n@interact\ndef f(n=slider(0, 200, step=1)):\n    time.sleep(0.1)\n    print(n)"
    )
    expect(output(cell)).to_have_text("0")
    seen = drag(cell)
    shown = seen["shown"]
    assert isinstance(shown, list)
    assert shown == sorted(shown)
    assert shown[-1] == 200
    assert 5 < len(shown) <= 25


def test_a_nested_interact_has_its_own_controls_and_output(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = run(
        page,
        "@interact\n"
        "def f(n=slider(1, 3, step=1)):\n"
        "    print('outer', n)\n"
        "    @interact\n"
        "    def g(m=slider(1, 3, step=1)):\n"
        "        print('inner', n, m)",
    )
    inner = output(cell, "f/g")
    expect(inner).to_have_text("inner 1 1")
    slider(cell, "m", "f/g").press("ArrowRight")
    expect(inner).to_have_text("inner 1 2")
    expect(output(cell)).to_contain_text("outer 1")
    slider(cell).press("End")
    expect(output(cell, "f/g")).to_have_text("inner 3 1")
    expect(cell.locator('[data-function="f/g"]')).to_have_count(1)


def test_an_exception_shows_its_traceback_and_the_next_change_recovers(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    cell = run(page, "@interact\ndef f(n=slider(0, 5, step=1)):\n    print(10 // n)")
    expect(output(cell)).to_contain_text("ZeroDivisionError")
    slider(cell).press("End")
    expect(output(cell)).to_have_text("2")
    slider(cell).press("Home")
    expect(output(cell)).to_contain_text("ZeroDivisionError")


def test_an_error_in_the_cell_itself_is_shown_and_the_cell_runs_again(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    cell = run(page, "1/0")
    expect(cell).to_contain_text("ZeroDivisionError: division by zero")
    cell = run(page, "print('fine again')")
    expect(cell.locator("[part~=output]").first).to_contain_text("fine again")
    expect(cell).not_to_contain_text("ZeroDivisionError")


def test_two_cells_on_a_page_are_two_sessions(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    page.get_by_role("button", name="Add a cell").click()
    one = run(page, "who = 'one'\n" + EXAMPLE.replace("print(n)", "print(who, n)"))
    two = run(page, "@interact\ndef f(n=slider(1, 20, step=1)):\n    print('who' in globals(), n)", nth=1)
    expect(output(one)).to_have_text("one 1")
    expect(output(two)).to_have_text("False 1")
    slider(two).press("End")
    expect(output(two)).to_have_text("False 20")
    expect(output(one)).to_have_text("one 1")


def test_a_reload_attaches_to_the_session_and_shows_what_was_there(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    cell = run(
        page, "import random\nmark = random.random()\n" + EXAMPLE.replace("print(n)", "print(n, mark)")
    )
    expect(output(cell)).to_contain_text("1 0.")
    slider(cell).press("End")
    expect(output(cell)).to_contain_text("20 0.")
    before = output(cell).text_content()
    page.reload()
    cell = page.locator("interact-cell").first
    expect(output(cell)).to_have_text(before or "")
    slider(cell).press("Home")
    expect(output(cell)).to_have_text((before or "").replace("20 ", "1 "))


def test_a_dropped_connection_comes_back_and_nothing_is_shown_twice(
    live: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(live)
    code = "import time\nfor i in range(30):\n    print('line', i, flush=True)\n    time.sleep(0.1)"
    cell = run(page, code)
    expect(cell.locator("[part~=output]").first).to_contain_text("line 3")
    page.context.set_offline(True)
    management = live.stack.client("apigatewaymanagementapi")
    table = live.stack.client("dynamodb").scan(TableName="longwire-local-connections")["Items"]
    for connection in {row["connection_id"]["S"] for row in table}:
        try:
            management.delete_connection(ConnectionId=connection)
        except management.exceptions.GoneException:
            continue
    page.context.set_offline(False)
    expect(cell).to_contain_text("line 29")
    text = cell.locator("[part~=output]").first.inner_text()
    lines = [line for line in text.splitlines() if line.startswith("line ")]
    assert lines == [f"line {i}" for i in range(30)]


def test_stop_interrupts_what_runs(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = run(page, "import time\nprint('started', flush=True)\ntime.sleep(100)")
    expect(cell.locator("[part~=output]").first).to_contain_text("started")
    cell.get_by_role("button", name="Stop").click()
    expect(cell).to_contain_text("KeyboardInterrupt")


def test_html_output_cannot_reach_the_page(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    page.evaluate("window.secret = 'untouched'; document.cookie = 'c=1'")
    attack = (
        "from IPython.display import HTML, display\n"
        "display(HTML('''<b>bold</b><p id=r></p><script>"
        "let r = []; for (const attack of ["
        "() => parent.document.title, () => parent.secret, () => document.cookie, () => localStorage.length,"
        "() => { top.location = 'about:blank' }])"
        "{ try { attack(); r.push('LEAK') } catch { r.push('denied') } }"
        "document.getElementById('r').textContent = r.join(' ')</script>'''))"
    )
    cell = run(page, attack)
    frame = cell.frame_locator("iframe").first
    expect(frame.locator("b")).to_have_text("bold")
    expect(frame.locator("#r")).to_have_text("denied denied denied denied denied")
    assert page.evaluate("window.secret") == "untouched"


def test_labels_and_text_from_the_kernel_are_text(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = run(
        page,
        "@interact\ndef f(n=slider(1, 5, step=1, label='<img src=x onerror=alert(1)>')):\n"
        "    print('<img src=x onerror=alert(1)>')",
    )
    expect(output(cell)).to_have_text("<img src=x onerror=alert(1)>")
    assert cell.locator("img").count() == 0


def test_the_four_controls_give_their_values(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = run(
        page,
        "@interact\ndef f(n=slider(0, 10, step=2), word=input_box('hi', type=str),\n"
        "      on=checkbox(False, 'On?'), pick=selector(['red', 'green', 'blue'], label='Colour')):\n"
        "    print(n, word, on, pick)",
    )
    expect(output(cell)).to_have_text("0 hi False red")
    cell.get_by_role("checkbox", name="On?").check()
    expect(output(cell)).to_have_text("0 hi True red")
    cell.get_by_label("Colour").select_option("blue")
    expect(output(cell)).to_have_text("0 hi True blue")
    box = cell.get_by_role("textbox", name="word")
    box.fill("hello")
    box.press("Enter")
    expect(output(cell)).to_have_text("0 hello True blue")


def test_a_killed_device_is_told_and_the_next_change_brings_the_cell_back(
    fresh: LiveStack, open_page: OpenPage
) -> None:
    page = open_page(fresh)
    code = EXAMPLE.replace("print(n)", "print(n, flush=True)\n    time.sleep(100 * (n == 7))")
    cell = run(page, "import time\n" + code)
    expect(output(cell)).to_have_text("1")
    slider(cell).fill("7")
    expect(output(cell)).to_have_text("7")
    for pid in agent_pids(fresh.stack.pid_of("agent")):
        os.kill(pid, signal.SIGKILL)
    expect(cell.locator("[part~=status]").first).to_contain_text("lost", timeout=40_000)
    slider(cell).fill("12")
    expect(output(cell)).to_have_text("12", timeout=40_000)


def test_the_page_has_no_accessibility_violations(live: LiveStack, open_page: OpenPage) -> None:
    for scheme in ("light", "dark"):
        page = open_page(live, color_scheme=scheme)
        cell = run(page, EXAMPLE)
        expect(output(cell)).to_have_text("1")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_a_phone_shows_the_cell_without_scrolling_sideways(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    cell = run(page, EXAMPLE + "\n    print('x' * 500)")
    expect(output(cell)).to_contain_text("xxx")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_keyboard_leaves_the_editor(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell = page.locator("interact-cell").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Tab")
    expect(cell.locator(".cm-content")).to_be_focused()
    page.keyboard.press("Escape")
    expect(cell.get_by_role("button", name="Run")).to_be_focused()
