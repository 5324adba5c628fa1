"""Connections that only watch: they get all that the session sends, and may ask nothing of it."""

from typing import Any

import pytest

from chalicelib import connections, http, tokens, websocket
from chalicelib.errors import WatchOnly
from chalicelib.messages import make
from tests.contract.world import Browser, Device, World, change, only, output

REQUESTS = [
    make("execute_request", "shell", {"code": "1"}),
    change(2, x=1),
    make("complete_request", "shell", {"code": "1", "cursor_pos": 0}),
    make("kernel_info_request", "shell", {}),
    make("comm_open", "shell", {"comm_id": "1"}),
    make("comm_msg", "shell", {"comm_id": "1"}),
    make("interrupt_request", "control", {}),
    make("shutdown_request", "control", {}),
    make("input_reply", "stdin", {"value": "1"}),
]


@pytest.fixture
def device(world: World) -> Device:
    return world.device()


@pytest.fixture
def teacher(world: World, device: Device) -> Browser:
    """A browser whose session runs on the device."""
    browser = world.browser()
    browser.run("print(1)")
    device.claim(browser.session)
    device.take(browser.session)
    device.rings()
    return browser


@pytest.fixture
def pupil(world: World, teacher: Browser) -> Browser:
    """A browser that has the session's id and its token to watch with."""
    browser = world.browser()
    browser.session, browser.token = teacher.session, tokens.watch_token(teacher.token)
    return browser


def test_a_device_is_told_of_a_watcher_also_when_the_answer_of_the_write_was_lost(
    world: World, device: Device, pupil: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = world.aws.dynamodb.put_item

    def twice(**request: Any) -> Any:
        put(**request)
        return put(**request)

    monkeypatch.setattr(connections, "record", lambda _aws, connection: connection.session_id)
    monkeypatch.setattr(world.aws.dynamodb, "put_item", twice)
    pupil.hello()

    assert [ring["channel"] for ring in device.rings()] == ["connections"]


def test_the_token_to_watch_with_is_told_once_beside_the_sessions_own(world: World) -> None:
    browser = world.browser()

    first = only(browser.run(), "hello_reply")["content"]
    later = only(browser.hello(), "hello_reply")["content"]

    assert first["watch_token"] not in ("", first["token"])
    assert "watch_token" not in later
    row = world.row("sessions", session_id=browser.session) or {}
    assert row["watch_hash"] == tokens.hash_token(first["watch_token"])
    assert first["watch_token"] not in row.values()


def test_a_watcher_gets_what_it_missed_and_the_device_is_told_of_it(
    world: World, device: Device, teacher: Browser, pupil: Browser
) -> None:
    device.store(teacher.session, output(1), output(2))

    *missed, reply = pupil.hello()

    assert [message["sequence"] for message in missed] == [1, 2]
    assert (reply["content"]["status"], reply["content"]["watches_only"]) == ("ok", True)
    assert "token" not in reply["content"]
    told = device.take(teacher.session, "connections")["connections"]
    assert {"id": pupil.connection_id, "after": 2} in told


def test_a_browser_with_the_sessions_own_token_is_not_said_to_watch_only(teacher: Browser) -> None:
    assert "watches_only" not in only(teacher.hello(), "hello_reply")["content"]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda message: message["header"]["msg_type"])
def test_every_request_of_a_watcher_is_refused_with_its_field(
    world: World, device: Device, pupil: Browser, request_: Any
) -> None:
    pupil.hello()
    device.rings()
    before = device.take(pupil.session)

    [reply] = pupil.send(request_)

    assert reply["content"]["ename"] == "WatchOnly"
    assert reply["content"]["field"] == "header.msg_type"
    assert reply["content"]["evalue"].startswith(f"header.msg_type: {request_['header']['msg_type']} ")
    assert reply["channel"] == request_["channel"]
    assert device.take(pupil.session) == before
    assert device.rings() == []


def test_a_connection_stays_a_watcher_in_every_process_and_whatever_it_says(
    world: World, teacher: Browser, pupil: Browser
) -> None:
    pupil.hello()
    world.aws.watched.clear()
    pupil.token = teacher.token

    assert only(pupil.hello(), "hello_reply")["content"]["watches_only"] is True
    assert pupil.run()[0]["content"]["ename"] == "WatchOnly"


def test_the_owner_is_not_disturbed_by_watchers(device: Device, teacher: Browser, pupil: Browser) -> None:
    pupil.hello()
    pupil.run()

    assert teacher.run("2") == []
    assert [one["message"]["content"]["code"] for one in device.take(teacher.session)["shell"]][-1] == "2"


def test_a_token_of_another_session_lets_nobody_watch(world: World, teacher: Browser) -> None:
    other, stranger = world.browser(), world.browser()
    other.run()
    stranger.session, stranger.token = teacher.session, tokens.watch_token(other.token)

    assert only(stranger.hello(), "hello_reply")["content"]["ename"] == "SessionNotFound"
    assert stranger.connection_id not in connections.watchers(world.aws, teacher.session)


def test_over_http_a_watcher_reads_and_does_nothing_else(
    world: World, device: Device, pupil: Browser
) -> None:
    device.store(pupil.session, output(1))
    at = (world.aws, pupil.session, pupil.token)

    assert [one["sequence"] for one in http.read_messages(*at, {})["messages"]] == [1]
    with pytest.raises(WatchOnly) as posted:
        http.post_message(*at, "{}")
    assert posted.value.field == "token"
    for msg_type in ("interrupt_request", "shutdown_request"):
        with pytest.raises(WatchOnly):
            http.control(*at, msg_type)
    assert device.rings() == []


def test_a_session_takes_so_many_watchers_and_tells_the_next_in_words(
    world: World, teacher: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_WATCHERS", 3)
    pupils = [world.browser() for _ in range(4)]
    for one in pupils:
        one.session, one.token = teacher.session, tokens.watch_token(teacher.token)
    for one in pupils[:3]:
        assert only(one.hello(), "hello_reply")["content"]["status"] == "ok"

    content = only(pupils[3].hello(), "hello_reply")["content"]

    assert (content["ename"], content["field"], content["at_most"]) == ("TooManyWatchers", "content.token", 3)
    assert pupils[3].connection_id not in connections.watchers(world.aws, teacher.session)
    # Who watches stays; the owner's own connections are not counted; a place that is left is free.
    assert only(pupils[0].hello(), "hello_reply")["content"]["status"] == "ok"
    second = world.browser()
    owner = only(second.hello(session=teacher.session, token=teacher.token), "hello_reply")
    assert owner["content"]["status"] == "ok"
    websocket.on_disconnect(world.aws, pupils[1].connection_id)
    assert only(pupils[3].hello(), "hello_reply")["content"]["watches_only"] is True


def test_a_session_that_was_made_over_http_can_be_watched(world: World) -> None:
    made = http.create_session(world.aws, "{}", {}, "192.0.2.1")
    browser = world.browser()

    reply = only(browser.hello(session=made["session"], token=made["watch_token"]), "hello_reply")

    assert reply["content"]["session_status"] == "queued"
    websocket.on_disconnect(world.aws, browser.connection_id)
    assert connections.watchers(world.aws, made["session"]) == {}
