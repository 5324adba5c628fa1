"""A 60 Hz drag of 2 s in a real browser, over a function that sleeps 100 ms."""

from playwright.sync_api import expect, sync_playwright

from bench import live
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_cell import drag, output, run

CODE = """
import time
runs = 0
@interact
def f(n=slider(0, 200, step=1)):
    global runs
    runs += 1
    time.sleep(0.1)
    print(n)
"""
ROUNDS = 5


def main() -> None:
    with live.stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page()
        page.goto(stack.url)
        cell = run(page, CODE.strip())
        expect(output(cell)).to_have_text("0")
        for number in range(1, ROUNDS + 1):
            found = drag(cell)
            shown = found["shown"]
            assert isinstance(shown, list)
            shown = shown[1:]  # the first is what was on screen before
            final = found["final"]
            late = f"{final:.0f} ms" if isinstance(final, float | int) else "never"
            print(
                f"round {number}: {found['events']} events, {len(shown)} results shown, "
                f"final value on screen {late} after the last event, in order: {shown == sorted(shown)}"
            )
        browser.close()
