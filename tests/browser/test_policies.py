"""The Content-Security-Policy of the hosted page and the one that embedders need: each is enough."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import AuthorsPage, OpenPage
from tests.browser.test_cell import output, run
from tests.conftest import LiveStack

CODE = """
from IPython.display import HTML, SVG, display
@interact
def f(n=slider(1, 20, step=1)):
    display(SVG("<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'><circle r='9'/></svg>"))
    display(HTML(f"<b>{n}</b>"))
"""
NOTE_VIOLATIONS = """
window.violations = [];
addEventListener('securitypolicyviolation', ({violatedDirective, blockedURI}) => {
  window.violations.push(`${violatedDirective} ${blockedURI}`);
});
"""


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def embedders_policy(live: LiveStack) -> str:
    """Exactly what docs/output.md tells embedders to set, and nothing else."""
    host, api, websocket = (origin(url) for url in (live.url, live.api, live.websocket))
    sources = f"script-src {host}; frame-src {host}; img-src data:; connect-src {host} {api} {websocket}"
    return f"default-src 'none'; {sources}"


def runs_without_violation(page: Page) -> None:
    cell = run(page, CODE)
    expect(output(cell).locator("img")).to_be_visible()
    expect(output(cell).frame_locator("iframe").locator("b")).to_have_text("1")
    assert page.evaluate("window.violations") == []


def test_a_cell_needs_no_more_than_the_pages_policies_allow(
    live: LiveStack, open_page: OpenPage, authors_page: AuthorsPage
) -> None:
    for page in (
        open_page(live),
        authors_page("<interact-cell></interact-cell>", policy=embedders_policy(live)),
    ):
        page.add_init_script(NOTE_VIOLATIONS)
        page.reload()
        runs_without_violation(page)
