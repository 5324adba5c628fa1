"""Who has a session: claims, takes, ends, and what is refused to whoever lost it."""

from typing import Any

import pytest

from chalicelib import http, iopub, sessions
from chalicelib.errors import Busy, LongwireError, NotAuthorized, SessionEnded, SessionNotFound, StaleLease
from chalicelib.messages import make
from tests.contract.world import Browser, Device, World, output, texts


@pytest.fixture
def device(world: World) -> Device:
    return world.device()


@pytest.fixture
def queued(world: World) -> Browser:
    browser = world.browser()
    browser.run("first")
    world.pool_rings()
    return browser


def test_claiming_twice_is_the_same_claim(device: Device, queued: Browser) -> None:
    assert device.claim(queued.session) == device.claim(queued.session)


def test_a_claim_tells_the_epoch_the_partition_and_the_limits(device: Device, queued: Browser) -> None:
    assert device.claim(queued.session) == {
        "taken": None,
        "epoch": 1,
        "session_key": f"{device.device_id}#{queued.session}#1",
        "kernel": "python3",
        "idle_timeout": 60,
        "keep": False,
    }


def test_a_second_device_is_refused_while_the_first_has_the_session(
    world: World, device: Device, queued: Browser
) -> None:
    device.claim(queued.session)

    with pytest.raises(StaleLease) as caught:
        world.device().claim(queued.session)
    assert caught.value.status == 409


def test_of_two_devices_that_claim_at_once_one_gets_the_session(
    world: World, device: Device, queued: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.device()
    update = sessions.update

    def overtaken(*arguments: Any, **values: Any) -> Any:
        monkeypatch.setattr(sessions, "update", update)
        other.claim(queued.session)
        return update(*arguments, **values)

    monkeypatch.setattr(sessions, "update", overtaken)
    with pytest.raises(StaleLease):
        device.claim(queued.session)

    assert other.take(queued.session)["shell"][0]["message"]["content"]["code"] == "first"


def test_a_device_of_another_pool_is_refused(world: World, queued: Browser) -> None:
    outsider = world.device(world.make_pool("other"))

    with pytest.raises(NotAuthorized):
        outsider.claim(queued.session)


def test_a_claim_of_nothing_or_of_what_has_ended_is_refused(device: Device, queued: Browser) -> None:
    with pytest.raises(SessionNotFound):
        device.claim("0" * 24)
    device.claim(queued.session)
    device.end(queued.session)
    with pytest.raises(SessionEnded) as caught:
        device.claim(queued.session)
    assert caught.value.status == 410


def test_an_earlier_run_of_a_device_cannot_claim(device: Device, queued: Browser) -> None:
    device.start()
    device.run -= 1

    with pytest.raises(StaleLease):
        device.claim(queued.session)


def test_a_take_whose_answer_was_lost_gives_the_same_again(
    world: World, device: Device, queued: Browser
) -> None:
    device.claim(queued.session)

    assert device.take(queued.session)["shell"] == device.take(queued.session)["shell"]


def test_a_change_whose_answer_was_lost_is_given_again_until_it_is_known(
    device: Device, queued: Browser
) -> None:
    device.claim(queued.session)
    [first] = device.take(queued.session)["shell"]
    queued.change(1, x=1)
    done = {"shell": [first["key"]]}

    lost = device.take(queued.session, done=done)["shell"]
    again = device.take(queued.session, done=done)["shell"]

    assert lost == again
    assert again[0]["message"]["metadata"]["interact"]["state"] == 1
    assert device.take(queued.session, states={"f": 1})["shell"] == []


def test_what_is_done_is_given_no_more_however_much_it_is_and_however_often_it_is_named(
    device: Device, queued: Browser
) -> None:
    for number in range(30):
        queued.run(str(number))
    device.claim(queued.session)
    keys = [request["key"] for request in device.take(queued.session)["shell"]]

    assert device.take(queued.session, done={"shell": keys + keys[:5]})["shell"] == []
    assert len(keys) > 25  # of which DynamoDB takes that many at a time


def test_all_that_waits_is_given_oldest_first_and_changes_by_when_they_were_written(
    device: Device, queued: Browser
) -> None:
    queued.run("second")
    header = {"msg_id": "c", "msg_type": "complete_request"}
    queued.send({"header": header, "content": {"code": "a", "cursor_pos": 1}, "channel": "shell"})
    for function, state in (("g", 1), ("f", 1), ("g", 2), ("g", 3)):
        queued.change(state, function, x=1)
    device.claim(queued.session)

    given = [one["message"] for one in device.take(queued.session)["shell"]]

    assert [one["content"].get("code") for one in given if one["metadata"] == {}] == ["first", "second", "a"]
    marks = [one["metadata"]["interact"] for one in given if one["metadata"]]
    assert [(mark["function_name"], mark["state"]) for mark in marks] == [("f", 1), ("g", 3)]


def test_a_claim_that_can_be_served_at_once_gives_what_waits(device: Device, queued: Browser) -> None:
    taken = device.claim(queued.session, take=True)["taken"]

    assert taken == device.take(queued.session)
    assert [one["message"]["content"]["code"] for one in taken["shell"]] == ["first"]
    assert [row["id"] for row in taken["connections"]] == [queued.connection_id]
    assert sessions.get(device.world.aws, queued.session).status == "running"


def test_who_watches_is_not_told_to_a_device_that_may_still_hand_the_session_back(
    device: Device, queued: Browser
) -> None:
    device.claim(queued.session)

    assert "connections" not in device.take(queued.session, "connections", "control")
    assert sessions.get(device.world.aws, queued.session).status == "claimed"


def test_the_take_that_gives_the_first_request_tells_who_watches_also_when_it_is_made_again(
    world: World, device: Device
) -> None:
    browser, made = world.browser(), http.create_session(world.aws, "{}", {}, "192.0.2.1")
    browser.hello(session=made["session"], token=made["token"])
    device.claim(made["session"], take=True)
    browser.send(make("kernel_info_request", "shell", {}))

    lost = device.take(made["session"], "shell")
    again = device.take(made["session"], "shell")

    assert lost == again
    assert again["connections"] == [{"id": browser.connection_id, "after": 0}]
    done = {"shell": [one["key"] for one in again["shell"]]}
    assert "connections" not in device.take(made["session"], "shell", done=done)


def test_only_the_channels_that_were_asked_for_are_answered(device: Device, queued: Browser) -> None:
    device.claim(queued.session)

    assert device.take(queued.session, "control") == {"more": [], "control": []}


def _older_epoch(device: Device, session: str) -> None:
    device.epochs[session] -= 1


def _older_run(device: Device, session: str) -> None:
    device.run -= 1


@pytest.mark.parametrize("lose_it", [_older_epoch, _older_run])
def test_a_stale_lease_takes_nothing_and_ends_nothing(
    world: World, device: Device, queued: Browser, lose_it: Any
) -> None:
    device.claim(queued.session)
    lose_it(device, queued.session)

    with pytest.raises(SessionEnded) as caught:
        device.take(queued.session)
    assert caught.value.status == 410
    with pytest.raises(LongwireError):
        device.end(queued.session)
    assert queued.hello()[-1]["content"]["session_status"] == "claimed"


def test_a_device_with_a_wrong_token_takes_nothing(device: Device, queued: Browser) -> None:
    device.claim(queued.session)
    device.token = "guess"

    with pytest.raises(NotAuthorized):
        device.take(queued.session)


def test_tables_that_do_not_keep_up_take_no_session_from_its_device(
    world: World, device: Device, queued: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.claim(queued.session)
    partly = world.aws.dynamodb.batch_get_item

    def throttled(RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        table = world.aws.settings.table("sessions")
        rest = {table: RequestItems.pop(table)}
        return {**partly(RequestItems=RequestItems), "UnprocessedKeys": rest}

    monkeypatch.setattr(world.aws.dynamodb, "batch_get_item", throttled)
    with pytest.raises(Busy) as caught:
        device.take(queued.session)
    assert caught.value.status == 503


def test_output_of_an_older_claim_does_not_replace_a_newer_one(world: World, device: Device) -> None:
    key = iopub.session_key(device.device_id, "session", 2)
    iopub.put(world.aws, key, 2, iopub.Slot("exec#000001", 0, (output(1, "new"),)))

    with pytest.raises(StaleLease):
        iopub.put(world.aws, key, 1, iopub.Slot("exec#000001", 0, (output(9, "old"),)))

    assert texts(iopub.replay(world.aws, key, 0).messages) == ["new"]


def test_output_that_is_written_twice_is_there_once(world: World, device: Device) -> None:
    key = iopub.session_key(device.device_id, "again", 1)
    for _ in range(2):
        iopub.put(world.aws, key, 1, iopub.Slot("exec#000001", 0, (output(1), output(2))))

    assert texts(iopub.replay(world.aws, key, 0).messages) == ["1", "2"]


def test_a_newer_state_is_stored_over_an_older_one_but_never_the_other_way(
    world: World, device: Device
) -> None:
    key = iopub.session_key(device.device_id, "slots", 1)
    iopub.put(world.aws, key, 1, iopub.Slot("interact#f", 0, (output(1, "one", "f", 1),)))
    iopub.put(world.aws, key, 1, iopub.Slot("interact#f", 0, (output(2, "two", "f", 2),)))

    with pytest.raises(StaleLease):
        iopub.put(world.aws, key, 1, iopub.Slot("interact#f", 0, (output(1, "one", "f", 1),)))

    assert texts(iopub.replay(world.aws, key, 0).messages) == ["two"]


def test_a_device_that_has_run_nothing_hands_its_session_back(
    world: World, device: Device, queued: Browser
) -> None:
    device.claim(queued.session)
    device.end(queued.session, "draining", status="queued")

    assert world.pool_rings() == [{"session_id": queued.session}]
    other = world.device()
    assert other.claim(queued.session)["epoch"] > device.epochs[queued.session]
    assert other.take(queued.session)["shell"][0]["message"]["content"]["code"] == "first"


def test_a_session_that_has_run_cannot_be_handed_back(device: Device, queued: Browser) -> None:
    device.claim(queued.session)
    device.take(queued.session)
    device.end(queued.session, "draining", status="queued")

    assert queued.hello()[-1]["content"]["session_status"] == "ended"
