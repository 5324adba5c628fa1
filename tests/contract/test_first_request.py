"""How a session is made, and what happens to requests before and after a device has it."""

import json

import pytest

from chalicelib import connections, http, sessions, websocket
from chalicelib.errors import InvalidMessage, SessionEnded
from chalicelib.messages import make
from tests.contract.world import World, change, only


def test_the_first_request_makes_a_session_tells_its_token_writes_the_row_and_rings_the_pool(
    world: World,
) -> None:
    browser = world.browser()

    [reply] = browser.run("print(6 * 7)")

    assert reply["header"]["msg_type"] == "hello_reply"
    assert reply["parent_header"]["msg_type"] == "execute_request"
    assert reply["content"]["session_status"] == "queued"
    assert len(reply["content"]["token"]) >= 40
    assert world.pool_rings() == [{"session_id": browser.session}]
    device = world.device()
    device.claim(browser.session)
    [request] = device.take(browser.session)["shell"]
    assert request["message"]["content"]["code"] == "print(6 * 7)"
    assert request["message"]["header"]["msg_id"] == reply["parent_header"]["msg_id"]


def test_the_token_is_told_once_and_only_its_hash_is_stored(world: World) -> None:
    browser = world.browser()
    browser.run()
    token = browser.token

    replies = [*browser.hello(), *browser.run("2")]

    assert all("token" not in message["content"] for message in replies)
    assert token not in json.dumps(world.row("sessions", session_id=browser.session))


def test_later_requests_go_to_the_same_session_in_order(world: World) -> None:
    browser, device = world.browser(), world.device()
    for code in ("1", "2", "3"):
        browser.run(code)
    device.claim(browser.session)

    requests = device.take(browser.session)["shell"]
    assert [request["message"]["content"]["code"] for request in requests] == ["1", "2", "3"]

    device.take(browser.session, "control", done={"shell": [request["key"] for request in requests]})
    assert device.take(browser.session)["shell"] == []


def test_two_first_requests_at_once_go_to_one_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, device = world.browser(), world.device()
    create = sessions.create

    def overtaken(*arguments: object) -> object:
        monkeypatch.setattr(sessions, "create", create)
        browser.run("second")  # comes between the look at the connection and the session of the first
        return create(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sessions, "create", overtaken)
    browser.run("first")

    device.claim(browser.session)
    rings = {ring["session_id"] for ring in world.pool_rings()}
    assert rings == {browser.session}
    codes = []
    while requests := device.take(browser.session)["shell"]:
        codes.append(requests[0]["message"]["content"]["code"])
        device.take(browser.session, "control", done={"shell": [requests[0]["key"]]})
    assert codes == ["second", "first"]


def test_the_first_request_may_not_be_a_change_of_controls(world: World) -> None:
    [reply] = world.browser().change(1, x=3)

    assert (reply["header"]["msg_type"], reply["content"]["ename"]) == ("execute_reply", "SessionNotFound")


def test_pool_and_idle_time_of_hello_count_for_the_new_session(world: World) -> None:
    browser, device = world.browser(), world.device(world.make_pool("lab"))

    browser.hello(pool="lab", idle_timeout=7)
    browser.run()

    assert world.pool_rings() == []
    assert world.pool_rings("lab") == [{"session_id": browser.session}]
    claim = device.claim(browser.session)
    assert (claim["idle_timeout"], claim["keep"]) == (7, True)


def test_an_unknown_pool_is_refused_by_name(world: World) -> None:
    browser = world.browser()
    browser.hello(pool="nowhere")

    [reply] = browser.run()

    assert reply["content"]["ename"] == "InvalidMessage"
    assert reply["content"]["field"] == "pool"
    assert "nowhere" in reply["content"]["evalue"]


def test_a_request_of_a_claimed_session_rings_its_device_only(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    world.pool_rings()
    device.claim(browser.session)

    browser.run("2")
    browser.send(make("input_reply", "stdin", {"value": "yes"}))
    browser.send(make("interrupt_request", "control", {}))

    channels = [ring["channel"] for ring in device.rings()]
    assert sorted(channels) == ["control", "shell", "stdin"]
    assert world.pool_rings() == []
    taken = device.take(browser.session)
    assert taken["stdin"][0]["message"]["content"] == {"value": "yes"}
    assert taken["control"][0]["message"]["header"]["msg_type"] == "interrupt_request"


def test_a_session_that_is_claimed_while_a_request_is_under_way_is_rung_at_its_device(
    world: World,
) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    world.pool_rings()
    as_read = sessions.get(world.aws, browser.session)
    device.claim(browser.session)

    websocket.submit(world.aws, as_read, make("execute_request", "shell", {"code": "2"}))

    [ring] = device.rings()
    assert (ring["session_id"], ring["channel"]) == (browser.session, "shell")


def test_stopping_a_queued_session_ends_it_and_it_cannot_be_claimed(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()

    browser.send(make("shutdown_request", "control", {}))

    assert browser.hello()[-1]["content"]["session_status"] == "ended"
    with pytest.raises(SessionEnded):
        device.claim(browser.session)


def test_stopping_a_session_that_is_claimed_at_that_moment_reaches_the_device(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    as_read = sessions.get(world.aws, browser.session)
    device.claim(browser.session)

    websocket.submit(world.aws, as_read, make("shutdown_request", "control", {}))

    [request] = device.take(browser.session)["control"]
    assert request["message"]["header"]["msg_type"] == "shutdown_request"


def test_a_request_after_the_end_is_told_why_it_ended(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    device.claim(browser.session)
    device.end(browser.session, "limit:memory")

    reply = only(browser.run("2"), "execute_reply")

    assert (reply["content"]["ename"], reply["content"]["reason"]) == ("SessionEnded", "limit:memory")


def test_two_sessions_of_two_browsers_do_not_meet(world: World) -> None:
    one, two, device = world.browser(), world.browser(), world.device()
    one.run("one")
    two.run("two")
    device.claim(one.session)
    device.claim(two.session)

    assert device.take(one.session)["shell"][0]["message"]["content"]["code"] == "one"
    assert device.take(two.session)["shell"][0]["message"]["content"]["code"] == "two"
    assert set(connections.watchers(world.aws, one.session)) == {one.connection_id}


def test_a_browser_that_leaves_does_not_watch_any_more(world: World) -> None:
    browser = world.browser()
    browser.run()

    websocket.on_disconnect(world.aws, browser.connection_id)
    websocket.on_disconnect(world.aws, browser.connection_id)

    assert connections.watchers(world.aws, browser.session) == {}


@pytest.mark.parametrize(
    ("frame", "channel", "msg_type", "ename", "field"),
    [
        ("", "control", "error", "InvalidMessage", "body"),
        ("\ud800", "control", "error", "InvalidMessage", "body"),
        ("[" * 5000, "control", "error", "InvalidMessage", "body"),
        ('{"header": {}}', "control", "error", "InvalidMessage", "header.msg_type"),
        (json.dumps("x" * 30_000), "control", "error", "MessageTooLarge", "body"),
        (
            json.dumps({**make("execute_request", "shell", {"code": 5})}),
            "shell",
            "execute_reply",
            "InvalidMessage",
            "content.code",
        ),
        (
            json.dumps({**make("comm_msg", "shell", {})}),
            "shell",
            "error",
            "InvalidMessage",
            "content",
        ),
    ],
)
def test_a_wrong_frame_is_answered_and_the_connection_lives_on(
    world: World, frame: str, channel: str, msg_type: str, ename: str, field: str
) -> None:
    browser = world.browser()

    [reply] = browser.send(frame)

    assert (reply["channel"], reply["header"]["msg_type"]) == (channel, msg_type)
    assert (reply["content"]["ename"], reply["content"]["field"]) == (ename, field)
    assert browser.run()[0]["content"]["status"] == "ok"


def test_a_stale_change_is_answered_with_the_newer_state(world: World) -> None:
    browser = world.browser()
    browser.run()
    browser.change(5, x=5)

    [reply] = browser.change(4, x=4)

    assert reply["content"]["ename"] == "StaleState"
    assert (reply["content"]["function_name"], reply["content"]["state"]) == ("f", 5)


@pytest.mark.parametrize(
    "request_",
    [make("hello", "control", {"session": None}), make("interrupt_request", "control", {}), change(1, x=1)],
    ids=["hello", "interrupt", "change"],
)
def test_a_session_over_http_begins_with_code_only(world: World, request_: object) -> None:
    with pytest.raises(InvalidMessage) as caught:
        http.create_session(world.aws, json.dumps({"request": request_}), {}, "192.0.2.1")

    assert caught.value.field == "request"
