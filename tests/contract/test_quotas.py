"""Quotas: what an identity may use, in words that a reader understands, and never more than that."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import identity, live, queues, quotas, tokens
from chalicelib.errors import Busy
from chalicelib.identity import Identity
from chalicelib.messages import Message, make
from chalicelib.settings import Quota
from tests.contract.api import Api
from tests.contract.world import Browser, Device, World, only

Limit = Callable[..., None]
HERE, ELSEWHERE = "127.0.0.1", "198.51.100.7"


@pytest.fixture
def limit(world: World, monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Set what an address may use; the rest has no limit."""

    def set_limits(
        live: int = 0, runs: int = 0, compute: int = 0, site: int = 0, signed_in: int = 0, **more: Any
    ) -> None:
        changed = replace(
            world.aws.settings,
            anonymous=Quota(live, runs, compute),
            signed_in=Quota(signed_in, signed_in, 0),
            site_sessions_per_minute=site,
            **more,
        )
        monkeypatch.setitem(world.aws.__dict__, "settings", changed)

    return set_limits


def refusal(messages: list[Message]) -> dict[str, Any]:
    """What a request was refused with."""
    content = only(messages, "execute_reply")["content"]
    assert content["ename"] == "TooManyRequests", content
    return content


def is_begun(browser: Browser) -> bool:
    browser.run()
    return bool(browser.session)


def end(world: World, session_id: str, status: str = "ended") -> None:
    """A session is over, and nobody says so but its row."""
    world.set("sessions", {"session_id": session_id}, status=status)


def test_the_session_that_is_one_too_many_is_refused_in_words(world: World, limit: Limit) -> None:
    limit(live=2)
    assert all(is_begun(world.browser()) for _ in range(2))
    world.pool_rings()

    told = refusal(world.browser().run())

    assert told["evalue"].startswith("your network address may have 2 sessions at once: let one end")
    assert (told["quota"], told["at_most"], told["retry_after"]) == ("live_sessions", 2, 60)
    assert world.pool_rings() == []
    assert is_begun(world.browser(ELSEWHERE))


@pytest.mark.parametrize("status", ["ended", "lost"])
def test_a_place_is_free_when_a_session_is_over_though_nobody_has_said_so(
    world: World, limit: Limit, status: str
) -> None:
    limit(live=2)
    first, second = world.browser(), world.browser()
    assert is_begun(first) and is_begun(second)
    end(world, first.session, status)

    assert is_begun(world.browser())
    assert not is_begun(world.browser())


def test_a_session_that_nobody_rang_for_holds_its_place_for_ten_minutes(world: World, limit: Limit) -> None:
    limit(live=1)
    assert is_begun(world.browser())
    world.clock.now += live.UNCLAIMED_AT_MOST - 10
    assert not is_begun(world.browser())

    world.clock.now += 20
    assert is_begun(world.browser())


def test_a_session_whose_place_is_given_to_another_cannot_be_run_any_more(world: World, limit: Limit) -> None:
    limit(live=1)
    parked = world.browser()
    assert is_begun(parked)
    world.clock.now += live.UNCLAIMED_AT_MOST + 10
    assert is_begun(world.browser())

    assert only(parked.run(), "execute_reply")["content"]["ename"] == "SessionEnded"


def test_a_session_that_could_not_be_made_or_rung_for_holds_no_place(
    world: World, api: Api, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(live=1)
    assert api("POST", "/sessions", {"pool": "nowhere"})[0] == 400
    assert live.held(world.aws, identity.anonymous(HERE)) == []

    def fails(*_: Any) -> None:
        raise Busy("the queue does not keep up")

    request = make("execute_request", "shell", {"code": "1"})
    with monkeypatch.context() as patch:
        patch.setattr(queues, "ring", fails)
        assert api("POST", "/sessions", {"request": request})[0] == 503
        assert api("POST", "/service", {"code": "1"})[0] == 503
    assert api("POST", "/sessions", {})[0] == 201


def test_whoever_is_refused_himself_uses_up_nothing_of_a_site(world: World, api: Api, limit: Limit) -> None:
    limit(live=1, site=3)
    site = "https://course.example"
    statuses = [api("POST", "/sessions", {}, origin=site)[0] for _ in range(6)]
    assert statuses == [201] + 5 * [429]

    assert is_begun(world.browser(ELSEWHERE, {"Origin": site}))


def test_a_session_that_a_device_has_holds_its_place_for_as_long_as_it_lives(
    world: World, limit: Limit
) -> None:
    limit(live=1)
    browser = world.browser()
    browser.run()
    world.device().claim(browser.session)
    world.clock.now += 20 * 3600

    assert not is_begun(world.browser())


def test_what_is_refused_for_another_reason_holds_no_place(world: World, limit: Limit) -> None:
    limit(live=2, runs=1)
    assert is_begun(world.browser())
    for _ in range(5):
        assert not is_begun(world.browser())

    assert len(live.held(world.aws, identity.anonymous("192.0.2.1"))) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["begin", "end", "lose", "wait"]), max_size=14), st.integers(1, 3))
def test_there_are_never_more_sessions_than_may_live_and_never_fewer_are_let_in(
    world: World, limit: Limit, steps: list[str], most: int
) -> None:
    limit(live=most)
    address, live = f"198.51.100.{tokens.new_id()}", list[str]()
    for step in steps:
        if step == "begin":
            browser = world.browser(address)
            assert is_begun(browser) == (len(live) < most)
            live += [browser.session] if browser.session else []
        elif step == "wait":
            world.clock.now += 1
        elif live:
            end(world, live.pop(0), {"end": "ended", "lose": "lost"}[step])
        assert len(live) <= most


def test_a_run_too_many_in_a_minute_is_refused_and_reaches_no_device(world: World, limit: Limit) -> None:
    limit(runs=3)
    device, browser = world.device(), world.browser()
    browser.run()
    device.claim(browser.session)
    device.take(browser.session)
    browser.run()
    browser.run()
    device.rings()

    told = refusal(browser.run("print('one too many')"))

    assert told["evalue"].startswith("your network address may run code 3 times a minute: run it again in")
    assert (told["quota"], told["at_most"]) == ("runs_per_minute", 3)
    assert device.rings() == []
    assert "one too many" not in json.dumps(device.take(browser.session))
    world.clock.now += told["retry_after"]
    assert browser.run() == []
    assert len(device.rings()) == 1


def test_moving_a_slider_is_no_run(world: World, limit: Limit) -> None:
    limit(runs=1, compute=1000)
    browser = world.browser()
    browser.run()

    for state in range(1, 6):
        assert browser.change(state, x=state) == []


def test_by_http_it_is_429_with_retry_after(world: World, api: Api, limit: Limit) -> None:
    limit(runs=2)
    made = api("POST", "/sessions", {})[1]
    run = make("execute_request", "shell", {"code": "1"})
    path = f"/sessions/{made['session']}/messages"
    assert api("POST", path, run, made["token"])[0] == 202

    response = api.response("POST", path, run, made["token"])

    answer = json.loads(response.body)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) == answer["retry_after"] <= 61
    assert api("POST", "/sessions", {})[0] == 429
    assert api("POST", "/service", {"code": "1"})[0] == 429
    assert api("DELETE", f"/sessions/{made['session']}", token=made["token"])[0] == 202


def test_the_pages_of_a_site_share_its_sessions_however_many_readers_it_has(
    world: World, limit: Limit
) -> None:
    limit(site=2)
    on = {"Origin": "https://notes.example"}
    assert all(is_begun(world.browser(f"192.0.2.{number}", on)) for number in range(2))

    told = refusal(world.browser("192.0.2.9", on).run())

    assert "the pages of one site may begin 2 sessions a minute" in told["evalue"]
    assert is_begun(world.browser("192.0.2.9", {"Origin": "https://other.example"}))
    assert is_begun(world.browser("192.0.2.9"))


def test_addresses_of_one_ipv6_network_are_one(world: World, limit: Limit) -> None:
    limit(live=2)
    assert is_begun(world.browser("2001:db8::1")) and is_begun(world.browser("2001:db8::2"))

    assert not is_begun(world.browser("2001:db8::ffff:1"))
    assert is_begun(world.browser("2001:db8:0:1::1"))


def test_who_is_known_has_limits_of_his_own(world: World, limit: Limit, operate: Any) -> None:
    limit(live=1, signed_in=2)
    key = operate("api-key", "issue", "a course")
    assert is_begun(world.browser())

    for _ in range(2):
        browser = world.browser()
        browser.send(make("hello", "control", {"session": None, "identity_token": key}))
        assert is_begun(browser)
    browser = world.browser()
    browser.send(make("hello", "control", {"session": None, "identity_token": key}))
    assert refusal(browser.run())["evalue"].startswith("this API key may have 2 sessions at once")


@pytest.fixture
def computing(world: World, limit: Limit) -> tuple[Browser, Device]:
    """A session that may compute for a minute, and a device that has had it for ten."""
    limit(compute=60)
    world.clock.now = (world.clock.now // 3600 + 1) * 3600  # an hour begins
    device, browser = world.device(), world.browser(HERE)
    browser.run()
    device.claim(browser.session)
    [request] = device.take(browser.session)["shell"]
    device.take(browser.session, "control", done={"shell": [request["key"]]})
    world.clock.now += 600
    device.heartbeat()
    return browser, device


@pytest.fixture
def barred(computing: tuple[Browser, Device]) -> tuple[Browser, Device]:
    """The same when all the time is used up."""
    browser, device = computing
    device.take(browser.session, "shell", computed=61)
    device.rings()
    return computing


def seconds_used(world: World) -> float:
    return quotas.used(world.aws, identity.anonymous(HERE)).seconds


def test_who_has_used_up_his_time_is_refused_until_the_hour_is_over(
    world: World, computing: tuple[Browser, Device]
) -> None:
    browser, device = computing
    device.take(browser.session, "shell", computed=59.5)
    assert browser.run() == []

    device.take(browser.session, "shell", computed=60.25)

    told = refusal(browser.run())
    assert told["evalue"].startswith("your network address may compute for 60 s an hour, which are used up")
    assert (told["quota"], 2900 < told["retry_after"] < 3001) == ("compute_seconds_per_hour", True)
    assert refusal(world.browser(HERE).run())["quota"] == "compute_seconds_per_hour"
    world.clock.now += told["retry_after"]
    device.heartbeat()
    assert browser.run() == []


def test_sliders_stand_still_then_too_and_cost_no_call_more(
    world: World, barred: tuple[Browser, Device]
) -> None:
    browser, device = barred
    before = world.calls.copy()

    told = refusal(browser.change(1, x=1))

    assert told["quota"] == "compute_seconds_per_hour"
    assert device.rings() == []
    assert device.take(browser.session, "shell")["shell"] == []
    assert (world.calls - before)["UpdateItem"] == 0
    before = world.calls.copy()
    assert refusal(browser.change(2, x=2))["quota"] == "compute_seconds_per_hour"
    assert (world.calls - before)["GetItem"] == 0


def test_a_slider_stands_still_also_in_the_second_in_which_it_was_moved(
    computing: tuple[Browser, Device],
) -> None:
    browser, device = computing
    assert browser.change(1, x=1) == []
    device.take(browser.session, "shell", computed=61)

    assert refusal(browser.change(2, x=2))["quota"] == "compute_seconds_per_hour"


def test_nothing_that_a_kernel_could_run_is_asked_for_then(barred: tuple[Browser, Device]) -> None:
    browser, device = barred
    content = {"code": "a", "cursor_pos": 1, "detail_level": 0}

    [told] = browser.send(make("inspect_request", "shell", content))

    assert told["content"]["ename"] == "TooManyRequests"
    assert device.rings() == []


def test_what_was_accepted_before_is_given_to_be_refused_in_words(
    world: World, computing: tuple[Browser, Device]
) -> None:
    browser, device = computing
    assert browser.run("1 + 1") == []

    taken = device.take(browser.session, "shell", computed=61)

    assert [one["message"]["content"]["code"] for one in taken["shell"]] == ["1 + 1"]
    assert taken["barred"]["quota"] == "compute_seconds_per_hour"
    assert 2900 < taken["barred"]["retry_after"] < 3001
    world.clock.now += taken["barred"]["retry_after"]
    device.heartbeat()
    assert "barred" not in device.take(browser.session, "shell")


def test_the_same_told_again_is_counted_once(world: World, computing: tuple[Browser, Device]) -> None:
    browser, device = computing
    for _ in range(3):
        device.take(browser.session, "shell", computed=20.5)
    device.take(browser.session, "shell", computed=10)
    assert seconds_used(world) == 20.5

    device.end(browser.session, computed=30)
    assert seconds_used(world) == 30


@pytest.mark.parametrize("absurd", [1e9, 1e300])
def test_a_device_is_believed_no_more_than_the_clock_allows(
    world: World, computing: tuple[Browser, Device], absurd: float
) -> None:
    browser, device = computing
    for _ in range(5):
        device.take(browser.session, "shell", computed=absurd)

    assert 600 <= seconds_used(world) < 602


def test_a_device_can_say_nothing_of_sessions_that_it_does_not_have(
    world: World, computing: tuple[Browser, Device]
) -> None:
    browser, _ = computing
    hostile = world.device()
    hostile.epochs[browser.session] = 1

    with pytest.raises(Exception, match="no longer this device's"):
        hostile.take(browser.session, "shell", computed=1000)

    assert seconds_used(world) == 0


def test_what_was_not_computed_costs_no_call(world: World, computing: tuple[Browser, Device]) -> None:
    browser, device = computing
    before = world.calls.copy()

    device.take(browser.session, "shell")

    assert dict(world.calls - before) == {"BatchGetItem": 1, "Query": 1}


def test_devices_are_asked_to_say_what_they_compute_only_where_there_is_a_limit(
    world: World, limit: Limit
) -> None:
    device = world.device()
    assert device.start()["settings"]["report_every"] == quotas.REPORTED_EVERY
    limit(live=1)
    assert device.start()["settings"]["report_every"] == 0


def test_of_many_that_want_the_last_place_at_once_as_many_get_one_as_there_are(
    world: World, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(live=5)
    who, begin = Identity("address#198.51.100.1"), threading.Barrier(12)
    call, one_at_a_time = world.aws.dynamodb.update_item, threading.Lock()

    def serialized(**request: Any) -> Any:
        with one_at_a_time:  # as DynamoDB does for one item; moto does not
            return call(**request)

    monkeypatch.setattr(world.aws.dynamodb, "update_item", serialized)

    def want(number: int) -> bool:
        begin.wait()
        return live.take(world.aws, who, f"{number:024x}", 5)

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(want, range(12))) == 5
    assert len(live.held(world.aws, who)) == 5


def test_an_operator_sees_and_resets_what_an_identity_has_used(
    world: World, limit: Limit, operate: Any
) -> None:
    limit(live=1)
    browser = world.browser("2001:db8::1")
    browser.run()

    shown = json.loads(operate("usage", "show", "2001:db8::1"))
    assert shown["identity"] == "address#2001:db8::/64"
    assert (shown["runs_this_minute"], shown["live_sessions"]) == (0, 1)

    operate("usage", "reset", "2001:db8::5")
    assert is_begun(world.browser("2001:db8::1"))
