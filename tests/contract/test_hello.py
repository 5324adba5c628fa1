"""What a browser is told when it says hello, and what it gets of what it missed."""

import pytest

from chalicelib import connections
from chalicelib.connections import Connection
from tests.contract.world import Browser, Device, World, only, output, started, texts


@pytest.fixture
def device(world: World) -> Device:
    return world.device()


@pytest.fixture
def running(world: World, device: Device) -> Browser:
    """A browser whose session runs on the device."""
    browser = world.browser()
    browser.run("print(1)")
    device.claim(browser.session)
    device.take(browser.session)
    device.rings()
    return browser


def test_hello_of_a_new_browser_is_answered_without_a_session(world: World) -> None:
    reply = only(world.browser().hello(), "hello_reply")

    assert reply["channel"] == "control"
    assert reply["content"]["status"] == "ok"
    assert reply["content"]["session"] is None
    assert reply["content"]["protocol"] == "1"
    assert "token" not in reply["content"]
    assert "sequence" not in reply


def test_hello_names_its_request_as_parent(world: World) -> None:
    browser = world.browser()
    message = {
        "header": {"msg_id": "mine", "msg_type": "hello"},
        "content": {"session": None},
        "channel": "control",
    }

    assert only(browser.send(message), "hello_reply")["parent_header"]["msg_id"] == "mine"


@pytest.mark.parametrize("wrong", [{"token": "guess"}, {"token": None}, {"session": "0" * 24}])
def test_hello_with_a_wrong_token_or_session_is_not_told_which(
    world: World, running: Browser, wrong: dict[str, str | None]
) -> None:
    stranger = world.browser()
    stranger.session, stranger.token = running.session, running.token

    [reply] = stranger.hello(**wrong)

    assert reply["header"]["msg_type"] == "hello_reply"
    assert reply["content"]["ename"] == "SessionNotFound"
    assert reply["content"]["field"] == "content.session"
    assert reply["content"]["evalue"] == "there is no such session, or the token is not its token"


def test_a_refused_hello_lets_nobody_watch(world: World, running: Browser) -> None:
    stranger = world.browser()
    stranger.session = running.session

    stranger.hello(token="guess")

    assert stranger.connection_id not in connections.watchers(world.aws, running.session)


def test_hello_replays_what_was_missed_in_order_and_then_says_how_far(
    world: World, device: Device, running: Browser
) -> None:
    device.store(running.session, output(1), output(2))
    device.store(running.session, output(3), output(4), number=1)

    *missed, reply = running.hello(after=1)

    assert [message["sequence"] for message in missed] == [2, 3, 4]
    assert reply["content"]["sequence"] == 4
    assert reply["content"]["session_status"] == "running"
    assert reply["content"]["session"] == running.session


def test_hello_that_missed_nothing_gets_its_own_sequence_back(device: Device, running: Browser) -> None:
    device.store(running.session, output(1))

    [reply] = running.hello(after=1)

    assert reply["content"]["sequence"] == 1


def test_replay_drops_the_states_that_a_newer_one_replaced(device: Device, running: Browser) -> None:
    device.store(running.session, output(1, "cell"))
    device.store(running.session, started(2, "f", 1), output(3, "old", "f", 1), block="interact#f")
    device.store(running.session, output(4, "late old", "f", 1), block="interact#f", number=1)
    device.store(running.session, output(5, "new", "f", 2), block="interact#f")
    device.store(running.session, output(6, "g", "g", 1), block="interact#g")

    missed = running.hello()

    assert texts(missed) == ["cell", "new", "g"]


def test_replay_comes_in_frames_that_a_websocket_takes(
    world: World, device: Device, running: Browser
) -> None:
    for number in range(6):
        device.store(running.session, output(number + 1, "x" * 60_000), number=number)

    missed = running.hello()

    assert len(missed) == 7
    assert max(map(len, world.sockets.frames[running.connection_id])) <= 128 * 1024


def test_hello_from_a_second_browser_rings_the_device_and_makes_it_a_watcher(
    world: World, device: Device, running: Browser
) -> None:
    device.store(running.session, output(1), output(2))
    second = world.browser()
    second.session, second.token = running.session, running.token

    second.hello()

    assert device.rings() == [{"session_id": running.session, "channel": "connections"}]
    watchers = {one["id"]: one["after"] for one in device.take(running.session, "connections")["connections"]}
    assert watchers == {running.connection_id: 0, second.connection_id: 2}


def test_hello_that_keeps_the_connection_alive_rings_nobody(device: Device, running: Browser) -> None:
    running.hello()

    assert device.rings() == []


def test_a_connection_has_one_session_for_life(world: World, device: Device, running: Browser) -> None:
    other = world.browser()
    other.run()
    first = running.session

    for session in (other.session, None):
        [reply] = running.hello(session=session, token=other.token)

        assert reply["content"]["field"] == "content.session"
    assert running.connection_id in connections.watchers(world.aws, first)
    assert running.connection_id not in connections.watchers(world.aws, other.session)


def test_hello_of_a_queued_session_tells_its_place(world: World) -> None:
    first, second = world.browser(), world.browser()
    first.run()
    second.run()

    [reply] = second.hello()

    assert (reply["content"]["session_status"], reply["content"]["place"]) == ("queued", 2)


def test_hello_after_the_end_tells_why_and_replays(device: Device, running: Browser) -> None:
    device.store(running.session, output(1, "result"))
    device.end(running.session, "idle")

    *missed, reply = running.hello()

    assert texts(missed) == ["result"]
    assert (reply["content"]["session_status"], reply["content"]["reason"]) == ("ended", "idle")


def test_an_expired_session_is_not_found(world: World, running: Browser) -> None:
    world.clock.now += world.aws.settings.session_ttl

    [reply] = running.hello()

    assert reply["content"]["ename"] == "SessionNotFound"
    assert world.row("sessions", session_id=running.session) is None


def test_expired_output_and_watchers_count_as_absent(world: World, device: Device, running: Browser) -> None:
    device.store(running.session, output(1, "old"))
    key = {"session_key": device.key(running.session), "slot": "exec#000001#000000"}
    world.set("iopub", key, expires_at=int(world.clock.now))
    watching = {"session_id": running.session, "connection_id": running.connection_id}
    world.set("connections", watching, expires_at=int(world.clock.now))

    assert device.take(running.session, "connections")["connections"] == []
    assert texts(running.hello()) == []


def test_an_expired_connection_watches_nothing(world: World, running: Browser) -> None:
    world.clock.now += world.aws.settings.connection_ttl

    assert connections.find(world.aws, running.connection_id) == Connection(running.connection_id)


def test_a_connection_that_is_gone_is_forgotten_when_it_is_posted_to(world: World, running: Browser) -> None:
    world.sockets.gone.add(running.connection_id)

    running.hello()

    # The hello let it watch again, so the next post has to find out, too: nothing may stay behind for good.
    running.send("not json")
    assert running.connection_id not in connections.watchers(world.aws, running.session)
    assert connections.find(world.aws, running.connection_id).session_id is None


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "content"),
        ({"session": "../x"}, "content.session"),
        ({"session": None, "after": -1}, "content.after"),
        ({"session": None, "pool": "No Such"}, "content.pool"),
        ({"session": None, "idle_timeout": 0}, "content.idle_timeout"),
    ],
)
def test_a_wrong_hello_is_answered_with_the_field(
    world: World, content: dict[str, object], field: str
) -> None:
    browser = world.browser()
    header = {"msg_id": "1", "msg_type": "hello"}

    [reply] = browser.send({"header": header, "content": content, "channel": "control"})

    assert reply["header"]["msg_type"] == "hello_reply"
    assert (reply["content"]["ename"], reply["content"]["field"]) == ("InvalidMessage", field)
    assert browser.hello()[0]["content"]["status"] == "ok"


def test_whole_numbers_may_be_written_with_a_point(world: World, running: Browser) -> None:
    text = (
        '{"header": {"msg_id": "1", "msg_type": "hello"}, "channel": "control", "content": '
        f'{{"session": "{running.session}", "token": "{running.token}", "after": 0.0}}}}'
    )

    [reply] = running.send(text)

    assert reply["content"]["status"] == "ok"
