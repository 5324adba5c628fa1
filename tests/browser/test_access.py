"""Signing in, and being refused, as a reader sees it: a real issuer, a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_cell import run
from tests.conftest import AUTHORS_ORIGIN, LiveStack, live_stack
from tests.issuer import CLIENT, Issuer

RUNS = 3


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[LiveStack]:
    """A stack for those who sign in, each of whom may run code three times a minute."""
    settings = {
        "LONGWIRE_ACCESS": "signed-in",
        "LONGWIRE_OIDC_ISSUER": issuer.url,
        "LONGWIRE_OIDC_AUDIENCE": CLIENT,
        "LONGWIRE_SIGNED_IN_RUNS_PER_MINUTE": str(RUNS),
    }
    state = tmp_path_factory.mktemp("members") / "state"
    with live_stack(state, app_env=settings, allow_origins=(AUTHORS_ORIGIN,)) as stack:
        yield stack


def test_a_reader_signs_in_on_the_hosted_page_and_out_again(
    members: LiveStack, open_page: OpenPage, issuer: Issuer
) -> None:
    page = open_page(members, "/#here")
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    cell = run(page, "print('let me in')")
    expect(cell.get_by_role("alert")).to_have_text(
        "Code runs here for those who sign in, or have an API key."
    )

    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("You are signed in.")).to_be_visible()
    expect(page).to_have_url(f"{members.url}/#here")
    cell = run(page, "print('let in')")
    expect(cell.locator("[part~=output]").first).to_contain_text("let in")
    expect(cell.get_by_role("alert")).to_be_hidden()
    assert issuer.asked.count("/token") == 1
    token = page.evaluate("JSON.parse(sessionStorage.getItem('longwire:sign-in:token')).token")
    assert not [address for address in addresses if token in address]
    assert not members.logs_with(token)

    page.get_by_role("button", name="Sign out").click()
    cell = run(page, "print('and out')")
    expect(cell.get_by_role("alert")).to_contain_text("sign in")


def test_an_authors_page_says_who_its_reader_is_and_he_is_told_of_his_limit_in_his_language(
    members: LiveStack, open_page: OpenPage, issuer: Issuer
) -> None:
    page = open_page(members, "/icon.svg")
    script = f'<script type="module" src="{members.url}/cell.js"></script>'
    body = f'<!doctype html><html lang="de"><title>Notes</title>{script}<interact-cell></interact-cell>'
    page.route(f"{AUTHORS_ORIGIN}/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"{AUTHORS_ORIGIN}/")
    page.evaluate(
        "token => { document.querySelector('interact-cell').identity = async () => token }",
        issuer.token(sub="a pupil"),
    )
    cell = page.locator("interact-cell")
    for number in range(RUNS):
        page.evaluate(
            "code => { document.querySelector('interact-cell').code = code }", f"print('run', {number})"
        )
        cell.get_by_role("button", name="Ausführen").click()
        expect(cell.locator("[part~=output]").first).to_contain_text(f"run {number}")

    cell.get_by_role("button", name="Ausführen").click()

    words = r"Code wurde so oft ausgeführt, wie es in einer Minute geht \(3 Mal\)\."
    expect(cell.get_by_role("alert")).to_have_text(re.compile(words + r" In \d+ Sekunden? geht es wieder\."))
    expect(cell.locator("[part~=output]").first).to_contain_text(f"run {RUNS - 1}")
    expect(cell.get_by_role("button", name="Ausführen")).to_be_enabled()
