"""A large image and a flood of lines: both are shown, the page answers meanwhile, and its DOM stays small."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import run
from tests.conftest import LiveStack

IMAGE = """
import base64, os, struct, zlib
from IPython.display import Image, display
width, height = 2048, 1365
rows = b"".join(b"\\0" + os.urandom(3 * width) for _ in range(height))
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
png += chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
print(len(png))
display(Image(png))
"""
LINES = "for number in range(100_000):\n    print('line', number)\nprint('the end')"
SMALL_ONES = "from IPython.display import display\nfor number in range(2000):\n    display(number)"

# Notes the longest time for which the page drew no frame, that is, answered nothing.
WATCH_FRAMES = """
() => {
  window.longest = 0;
  let last = performance.now();
  const frame = (now) => {
    window.longest = Math.max(window.longest, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame((now) => { last = now; frame(now); });
}
"""
LONGEST = 4000
"""Milliseconds, on a machine that is busy with the kernel, the stack and the browser."""
MOST_NODES = 10_000
HEAP_MB = 150
NODES = """
(cell) => {
  const walk = document.createTreeWalker(cell.shadowRoot);
  let nodes = 0;
  while (walk.nextNode()) nodes++;
  return nodes;
}
"""


@pytest.fixture
def page(live: LiveStack, open_page: OpenPage) -> Page:
    page = open_page(live)
    expect(page.locator("interact-cell .cm-content").first).to_be_visible()
    page.evaluate(WATCH_FRAMES)
    return page


def stays_small(page: Page, cell: Locator) -> None:
    """The page answered all the time, has few nodes and, once garbage is collected, little memory."""
    assert cell.evaluate(NODES) < MOST_NODES
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    assert session.send("Runtime.getHeapUsage")["usedSize"] < HEAP_MB * 2**20
    longest = page.evaluate("window.longest")
    assert longest < LONGEST


def test_an_image_of_8_mb_is_shown(page: Page) -> None:
    cell = run(page, IMAGE)

    image = cell.locator("img")
    expect(image).to_be_visible(timeout=60_000)
    expect(image).to_have_js_property("naturalWidth", 2048)
    expect(cell.locator(".stream")).to_contain_text("8")
    stays_small(page, cell)


def test_of_100_000_lines_the_first_and_the_last_are_shown_with_a_notice(page: Page) -> None:
    cell = run(page, LINES)

    stream = cell.locator(".stream")
    expect(stream).to_contain_text("the end", timeout=60_000)
    expect(stream).to_contain_text("line 0\nline 1\n")
    expect(stream).to_contain_text("line 99999")
    expect(stream.locator(".dropped")).to_have_text("[… 98,002 lines are not shown …]\n")
    assert cell.locator(".stream .line").count() <= 2000
    stays_small(page, cell)


def test_of_2_000_displays_the_first_and_the_last_are_shown(page: Page) -> None:
    cell = run(page, SMALL_ONES)

    shown = cell.locator(".display")
    expect(shown.last).to_have_text("1999", timeout=60_000)
    expect(shown.first).to_have_text("0")
    assert shown.count() <= 201
    stays_small(page, cell)
