"""Who may begin a session, who is taken for whom, and where a token may stand."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import api_keys, identity, oidc, settings, websocket
from chalicelib.messages import Message, make
from tests.contract.api import Api
from tests.contract.world import Browser, World, only
from tests.issuer import CLIENT, Issuer

Configure = Callable[..., None]
EDGE = "an edge's secret"
VIEWER = {"x-longwire-viewer": "198.51.100.7"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def configure(world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Change the service's settings."""
    oidc._keys.cache_clear()

    def change(**changes: Any) -> None:
        monkeypatch.setitem(world.aws.__dict__, "settings", replace(world.aws.settings, **changes))

    return change


@pytest.fixture
def signed_in(world: World, configure: Configure, issuer: Issuer) -> None:
    """A service for those who are known."""
    world.clock.now = time.time()  # as the issuer has it
    configure(access="signed-in", issuer=settings.Issuer(issuer.url, CLIENT))


@pytest.fixture
def key(world: World) -> str:
    return api_keys.issue(world.aws, "a course")


def hello(token: str) -> Message:
    return make("hello", "control", {"session": None, "identity_token": token})


def owner(world: World, session_id: str) -> str:
    return str((world.row("sessions", session_id=session_id) or {})["owner"])


def offering(token: str) -> dict[str, str]:
    return {"Sec-WebSocket-Protocol": f"longwire.v1, longwire.bearer.{token}"}


@pytest.mark.usefixtures("signed_in")
def test_whoever_does_not_sign_in_is_told_so_and_begins_nothing(world: World, api: Api) -> None:
    for path, body in {"/sessions": {}, "/service": {"code": "1"}}.items():
        status, answer = api("POST", path, body)
        assert (status, answer["ename"], answer["field"]) == (401, "SignInNeeded", "identity_token")
    browser = world.browser()
    browser.hello()

    told = only(browser.run(), "execute_reply")["content"]

    assert told["ename"] == "SignInNeeded"
    assert "for those who sign in, or have an API key" in told["evalue"]
    assert world.pool_rings() == []


@pytest.mark.usefixtures("signed_in")
def test_a_person_is_known_by_his_token_wherever_it_may_stand(world: World, api: Api, issuer: Issuer) -> None:
    by_http = api("POST", "/sessions", {}, issuer.token())[1]["session"]
    by_hello, by_subprotocol = world.browser(), world.browser(headers=offering(issuer.token("ES256")))
    assert only(by_hello.send(hello(issuer.token())), "hello_reply")["content"]["status"] == "ok"
    by_hello.run()
    by_subprotocol.run()

    owners = {owner(world, one) for one in (by_http, by_hello.session, by_subprotocol.session)}

    assert len(owners) == 1
    [name] = owners
    assert name.startswith("person#") and "reader" not in name
    other = api("POST", "/sessions", {}, issuer.token(sub="another"))[1]["session"]
    assert owner(world, other) != name


@pytest.mark.usefixtures("signed_in")
def test_an_api_key_is_as_good_wherever_it_may_stand(world: World, api: Api, key: str) -> None:
    sessions = [
        api("POST", "/sessions", {}, key)[1]["session"],
        api("POST", "/sessions", {}, x_api_key=key)[1]["session"],
        api("POST", "/service", {"code": "1", "timeout": 1}, key)[1]["session_id"],
    ]
    for browser in (by_hello := world.browser(), world.browser(headers=offering(key))):
        if browser is by_hello:
            browser.send(hello(key))
        browser.run()
        sessions.append(browser.session)

    assert {owner(world, session) for session in sessions} == {f"key#{key.split('-')[2]}"}


@pytest.mark.parametrize("bad", ["garbage", "", "longwire-key-nobody's"])
def test_what_is_shown_is_never_taken_for_nothing_where_nobody_can_sign_in(api: Api, bad: str) -> None:
    for path, body in {"/sessions": {}, "/service": {"code": "1"}}.items():
        for shown in ({"authorization": f"Bearer {bad}"}, {"x_api_key": bad}):
            status, answer = api("POST", path, body, **shown)
            assert (status, answer["ename"]) == (401, "NotAuthorized"), (path, shown)


def test_a_key_that_was_revoked_begins_nothing_on_a_connection_that_has_shown_it(
    world: World, key: str
) -> None:
    browser = world.browser(headers=offering(key))
    api_keys.revoke(world.aws, key.split("-")[2])

    told = only(browser.run(), "execute_reply")["content"]

    assert told["ename"] == "NotAuthorized"
    assert world.pool_rings() == []


@pytest.mark.usefixtures("signed_in")
def test_nor_does_a_token_that_has_expired_meanwhile(world: World, issuer: Issuer) -> None:
    by_subprotocol, by_hello = world.browser(headers=offering(issuer.token())), world.browser()
    by_hello.send(hello(issuer.token()))
    world.clock.now += 3600

    for browser in (by_subprotocol, by_hello):
        told = only(browser.run(), "execute_reply")["content"]
        assert (told["ename"], "has expired" in told["evalue"]) == ("NotAuthorized", True)


@pytest.mark.usefixtures("signed_in")
def test_a_bad_token_is_never_taken_for_none(
    world: World, api: Api, configure: Configure, issuer: Issuer
) -> None:
    configure(access="anonymous")
    bad = issuer.token(aud="another")

    assert api("POST", "/sessions", {}, bad)[1]["ename"] == "NotAuthorized"
    browser = world.browser()
    told = only(browser.send(hello(bad)), "hello_reply")["content"]
    assert (told["ename"], told["field"]) == ("NotAuthorized", "content.identity_token")
    assert websocket.on_connect(world.aws, "c", offering(bad), "192.0.2.1") == (401, {})
    assert world.row("connections", session_id="connection#c", connection_id="c") is None


def test_without_an_issuer_a_token_is_refused_with_a_way_out(world: World, issuer: Issuer) -> None:
    told = only(world.browser().send(hello(issuer.token())), "hello_reply")["content"]

    assert (told["ename"], "leave it out" in told["evalue"]) == ("NotAuthorized", True)


@pytest.mark.usefixtures("signed_in")
def test_a_huge_token_is_refused_before_it_is_read(world: World, api: Api, issuer: Issuer) -> None:
    huge = issuer.token(more="x" * 20_000)
    issuer.asked.clear()

    status, answer = api("POST", "/sessions", {}, huge)
    assert (status, answer["ename"]) == (401, "NotAuthorized")
    assert only(world.browser().send(hello(huge[:9000])), "hello_reply")["content"]["status"] == "error"
    assert websocket.on_connect(world.aws, "c", offering(huge), "192.0.2.1")[0] == 401
    assert issuer.asked == []


def test_the_subprotocol_is_answered_without_the_token(world: World, key: str) -> None:
    status, headers = websocket.on_connect(world.aws, "c", offering(key), "192.0.2.1")

    assert (status, headers) == (200, {"Sec-WebSocket-Protocol": "longwire.v1"})
    assert websocket.on_connect(world.aws, "d", {}, "192.0.2.1") == (200, {})


def test_no_token_is_kept_or_logged(
    world: World, api: Api, key: str, issuer: Issuer, configure: Configure, capsys: Any, caplog: Any
) -> None:
    configure(issuer=settings.Issuer(issuer.url, CLIENT))
    tokens = [key, issuer.token(), issuer.token(aud="another"), "longwire-key-" + "0" * 24 + "-" + "x" * 43]
    for token in tokens:
        api("POST", "/sessions", {}, token)
        browser = world.browser()
        browser.send(hello(token))
        browser.run()
        websocket.on_connect(world.aws, "c", offering(token), "192.0.2.1")

    out, err = capsys.readouterr()
    stored = json.dumps(
        [world.aws.dynamodb.scan(TableName=world.aws.settings.table(name))["Items"] for name in TABLES]
    )
    for token in tokens:
        secret = token.rpartition("-")[2] if token.startswith("longwire-key-") else token.rpartition(".")[2]
        assert secret not in out + err + caplog.text + stored


TABLES = ("sessions", "shell", "control", "connections", "devices", "usage")


def address_counted(world: World, browser: Browser) -> str:
    browser.run()
    return owner(world, browser.session)


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"X-Forwarded-For": "203.0.113.1"}, ""),
        (
            {"X-Forwarded-For": "203.0.113.1", "X-Real-IP": "203.0.113.1", "Forwarded": "for=203.0.113.1"},
            EDGE,
        ),
        (VIEWER, ""),
        (VIEWER, EDGE),
        ({**VIEWER, "x-longwire-edge": ""}, ""),
        ({**VIEWER, "x-longwire-edge": "guessed"}, EDGE),
        ({**VIEWER, "x-longwire-edge": "guessed"}, ""),
        ({"x-longwire-edge": EDGE}, EDGE),
    ],
)
def test_nobody_takes_another_address_by_a_header(
    world: World, configure: Configure, headers: dict[str, str], secret: str
) -> None:
    configure(edge_secret=secret)

    assert address_counted(world, world.browser("192.0.2.1", headers)) == "address#192.0.2.1"


@pytest.mark.parametrize(
    ("viewer", "name"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:85a3::8a2e:370:7334", "2001:db8:85a3::/64"),
    ],
)
def test_behind_cloudfront_it_is_the_readers_address_that_counts(
    world: World, api: Api, configure: Configure, viewer: str, name: str
) -> None:
    configure(edge_secret=EDGE)
    headers = {"X-Longwire-Viewer": viewer, "X-Longwire-Edge": EDGE}

    assert address_counted(world, world.browser("130.176.0.1", headers)) == f"address#{name}"
    told = {"x_longwire_viewer": viewer, "x_longwire_edge": EDGE}
    assert owner(world, api("POST", "/sessions", {}, **told)[1]["session"]) == f"address#{name}"


def test_the_edges_own_address_has_no_port_to_lose() -> None:
    aws_settings = settings.Settings("p", "", "", edge_secret=EDGE)

    assert identity.address_of(aws_settings, {}, "2001:db8::1") == "2001:db8::1"
