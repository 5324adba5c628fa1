"""Makes the documents' pictures from the running page: `python -m docs.pictures`."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench import live
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_cell import output, run, slider

IMAGES = Path(__file__).resolve().parent / "images"
EXAMPLE = """
@interact
def wave(frequency=slider(1, 12, step=1), shift=slider(0.0, 6.28, step=0.01)):
    import numpy as np, matplotlib.pyplot as plt
    x = np.linspace(0, 6.28, 400)
    plt.figure(figsize=(7, 2.2))
    plt.plot(x, np.sin(frequency * x + shift))
    plt.show()
"""


def _cell(page: Page) -> None:
    cell = run(page, EXAMPLE.strip())
    expect(output(cell, "wave").locator("img")).to_be_visible(timeout=30_000)
    slider(cell, "frequency", "wave").fill("4")
    expect(output(cell, "wave")).to_have_attribute("data-state", "2")
    expect(cell.locator("[part~=status]").first).to_contain_text("ready")
    page.locator("h1").click()
    cell.screenshot(path=IMAGES / "cell.png")


# A picture in docs/interact.md, and the snippet that it shows.
PICTURED = re.compile(r"!\[[^]]*\]\(images/(interact/\w+\.png)\)\n\n```python\n(.*?)```", re.DOTALL)


def _controls(page: Page) -> None:
    for name, code in PICTURED.findall((IMAGES.parent / "interact.md").read_text()):
        page.reload()
        cell = run(page, code.strip())
        expect(cell.locator("[part~=status]").first).to_have_attribute("data-status", "ready")
        if name == "interact/update_button.png":
            slider(cell).fill("6")
        page.locator("h1").click()
        cell.locator("[data-function]").first.screenshot(path=IMAGES / name)


def _another(browser: Browser, url: str, name: str, **options: Any) -> None:
    """The same cell as another reader sees it."""
    page = browser.new_page(device_scale_factor=1.5, **options)
    page.goto(url)
    cell = run(page, EXAMPLE.strip())
    expect(output(cell, "wave").locator("img")).to_be_visible(timeout=30_000)
    page.screenshot(path=IMAGES / f"cell-{name}.png")
    page.close()


def main() -> None:
    with live.stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 860, "height": 900}, device_scale_factor=1.5)
        page.goto(stack.url)
        _cell(page)
        _another(browser, stack.url, "dark", color_scheme="dark", viewport={"width": 860, "height": 700})
        phone = {"width": 390, "height": 780}
        _another(browser, stack.url, "phone", is_mobile=True, has_touch=True, viewport=phone)
        page.set_viewport_size({"width": 560, "height": 900})
        _controls(page)
        browser.close()


main()
