"""A reader's files go into the session, and the program's files come out of it."""

from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Locator, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import output, run
from tests.conftest import LiveStack

CODE = """
import matplotlib.pyplot as plt
print(open('data.csv').read())
plt.plot([1, 2]); plt.savefig('a.png')
open('<b>out.bin', 'wb').write(bytes(range(256)) * 2000)
@interact
def f(file=FileBox(), n=0):
    print(len(file) if file else 'none')
    if n: print(open('later.txt').read())
"""
DROP = """
(cell) => {
  const data = new DataTransfer();
  data.items.add(new File(["dropped"], "later.txt"));
  const box = cell.shadowRoot.querySelector("[part=box] .cm-content");
  const how = {dataTransfer: data, bubbles: true, composed: true, cancelable: true};
  for (const type of ["dragover", "drop"]) box.dispatchEvent(new DragEvent(type, how));
}
"""
WITHOUT = "() => document.querySelector('#cells').append(Object.assign(document.createElement('div'), "
WITHOUT += "{innerHTML: '<interact-cell hide=\"files\"><pre>1</pre></interact-cell>'}).firstChild)"


def add(cell: Locator, name: str, data: bytes) -> None:
    chosen: FilePayload = {"name": name, "mimeType": "", "buffer": data}
    cell.locator('.toolbar input[type="file"]').set_input_files(chosen)


def downloaded(cell: Locator, name: str) -> tuple[str, bytes]:
    """What the browser saves when the reader asks for a file of the program."""
    with cell.page.expect_download() as found:
        cell.locator('[part="downloads"]').get_by_role("button", name=f"Download {name}").click()
    return found.value.suggested_filename, Path(found.value.path()).read_bytes()


def test_files_go_into_the_session_and_come_out_of_it(live: LiveStack, open_page: OpenPage) -> None:
    page = open_page(live)
    cell: Locator = page.locator("interact-cell").first
    expect(cell.locator(".cm-content")).to_be_visible()
    added, made = cell.locator('[part="added"]'), cell.locator('[part="downloads"]')
    add(cell, "data.csv", b"1,2,3")
    expect(added).to_contain_text("data.csv comes along when you press Run.")
    add(cell, "-rf", b"")
    expect(added).to_contain_text("-rf was not added: its name has folders")

    run(page, CODE)

    expect(cell.locator(".stream").first).to_have_text("1,2,3\n", timeout=60_000)
    expect(added).to_contain_text("data.csv is in the session: open('data.csv')")
    expect(output(cell)).to_have_text("none")
    expect(made.get_by_role("button")).to_have_count(2)
    expect(made.locator("b")).to_have_count(0)
    expect(cell.locator("img")).to_have_count(1)
    assert downloaded(cell, "a.png")[1].startswith(b"\x89PNG")
    assert downloaded(cell, "<b>out.bin")[1] == bytes(range(256)) * 2000

    cell.evaluate(DROP)
    expect(added).to_contain_text("later.txt is in the session: open('later.txt')")
    chosen: FilePayload = {"name": "big.bin", "mimeType": "", "buffer": bytes(2_000_000)}
    cell.locator('[data-argument="file"] input').set_input_files(chosen)
    expect(output(cell)).to_have_text("2000000")
    cell.evaluate("cell => cell.setState({f: {n: 1}})")
    expect(output(cell)).to_contain_text("dropped")

    page.evaluate(WITHOUT)
    last: Any = page.locator("interact-cell").last
    expect(last.get_by_role("button", name="Run")).to_be_visible()
    expect(last.get_by_role("button", name="Add files")).to_have_count(0)
