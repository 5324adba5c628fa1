"""Debian's Chromium, driven by Playwright, on the page of the running stack."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.conftest import AUTHORS_ORIGIN, LiveStack

expect.set_options(timeout=20_000)

# Chromium asks its maker's hosts for updates at every start unless told not to.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The author's page of the tests is made up, so it counts as one of the internet that calls this machine.
    "--disable-features=LocalNetworkAccessChecks",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # A reader's browser blocks windows that nobody asked for; Playwright's would not.
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=ARGUMENTS,
            ignore_default_args=["--disable-popup-blocking"],
        )
        yield chromium
        chromium.close()


OpenPage = Callable[..., Page]
AuthorsPage = Callable[..., Page]
AuthorsSite = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages of a stack, each in a context of its own; a test fails if its page raised an error."""
    contexts = []
    errors: list[str] = []

    def open_one(stack: LiveStack, path: str = "/", **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(stack.url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def authors_page(live: LiveStack, open_page: OpenPage) -> AuthorsPage:
    """Opens a page on another origin than the service's, with these cells in it."""

    def show(body: str, files: dict[str, str] | None = None, policy: str = "") -> Page:
        page = open_page(live, "/icon.svg")
        script = f'<script type="module" src="{live.url}/cell.js"></script>'
        document = f"<!doctype html><title>Notes</title><body>{script}{body}"
        served = {"": document, **(files or {})}
        page.route(
            f"{AUTHORS_ORIGIN}/**",
            lambda route: route.fulfill(
                body=served.get(route.request.url.removeprefix(f"{AUTHORS_ORIGIN}/"), ""),
                content_type="text/html; charset=utf-8",
                headers={"Content-Security-Policy": policy},
            ),
        )
        page.goto(f"{AUTHORS_ORIGIN}/")
        return page

    return show


@pytest.fixture
def authors_site(live: LiveStack, open_page: OpenPage) -> AuthorsSite:
    """Opens pages of a web site that lies in a folder, on the same other origin."""

    def show(folder: Path, path: str = "index.html", **options: object) -> Page:
        def answer(route: Route) -> None:
            file = folder / urlsplit(route.request.url).path.lstrip("/")
            route.fulfill(path=file) if file.is_file() else route.fulfill(status=404)

        page = open_page(live, "/icon.svg", **options)
        page.route(f"{AUTHORS_ORIGIN}/**", answer)
        page.goto(f"{AUTHORS_ORIGIN}/{path}")
        return page

    return show
