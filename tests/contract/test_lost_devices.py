"""What becomes of sessions whose device has died, started again, or been revoked."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from chalicelib import devices, http, iopub, sessions, sweeps
from chalicelib.clients import Clients
from chalicelib.errors import NotAuthorized, SessionEnded, SessionNotFound, StaleLease
from chalicelib.items import to_item
from tests.contract.world import Browser, Device, World, output, reasons, texts


@pytest.fixture
def device(world: World) -> Device:
    return world.device()


def _running(world: World, device: Device) -> Browser:
    browser = world.browser()
    browser.run()
    world.pool_rings()
    device.claim(browser.session)
    device.take(browser.session)
    return browser


def _claimed(world: World, device: Device) -> Browser:
    browser = world.browser()
    browser.run()
    world.pool_rings()
    device.claim(browser.session)
    return browser


def _a_watcher_asks(world: World, _device: Device, browser: Browser) -> None:
    browser.hello()


def _the_schedule_comes(world: World, _device: Device, _browser: Browser) -> None:
    sweeps.sweep(world.aws)


def _the_device_starts_again(_world: World, device: Device, _browser: Browser) -> None:
    device.start()


def _somebody_polls(world: World, _device: Device, browser: Browser) -> None:
    http.read_messages(world.aws, browser.session, browser.token, {})


Discovery = Callable[[World, Device, Browser], None]
discoveries = pytest.mark.parametrize(
    "found_out_by", [_a_watcher_asks, _the_schedule_comes, _the_device_starts_again, _somebody_polls]
)


@discoveries
def test_a_session_that_has_run_is_lost_with_its_device_and_its_watchers_are_told(
    world: World, device: Device, found_out_by: Discovery
) -> None:
    browser = _running(world, device)
    device.store(browser.session, output(1, "before"))
    device.dies()

    found_out_by(world, device, browser)

    *messages, reply = browser.inbox() + browser.hello()
    assert next(reasons(messages)) == "device_lost"
    assert "before" in texts(messages)
    assert (reply["content"]["session_status"], reply["content"]["reason"]) == ("lost", "device_lost")
    with pytest.raises(SessionEnded):
        world.device().claim(browser.session)


@discoveries
def test_a_session_that_has_run_nothing_is_given_to_another_device(
    world: World, device: Device, found_out_by: Discovery
) -> None:
    browser = _claimed(world, device)
    device.dies()

    found_out_by(world, device, browser)

    assert world.pool_rings() == [{"session_id": browser.session}]
    other = world.device()
    other.claim(browser.session)
    assert len(other.take(browser.session)["shell"]) == 1
    assert list(reasons(browser.hello())) == []


def test_the_end_of_a_lost_session_is_its_last_message_and_is_replayed_once(
    world: World, device: Device
) -> None:
    browser = _running(world, device)
    device.store(browser.session, output(1), output(2))
    device.dies()
    sweeps.sweep(world.aws)
    sweeps.sweep(world.aws)
    [told] = browser.inbox()

    # What the device still writes, not knowing that it was given up, does not come after the end.
    late = device.key(browser.session)
    iopub.put(world.aws, late, device.epochs[browser.session], iopub.Slot("exec#000001", 1, (output(3),)))
    *missed, _reply = browser.hello()

    assert told["sequence"] == 3
    assert [message["sequence"] for message in missed] == [1, 2, 3]
    assert list(reasons(missed)) == ["device_lost"]
    assert "lost" in missed[-1]["content"]["content"]["text"]


def test_a_watcher_that_is_gone_does_not_keep_the_others_from_being_told(
    world: World, device: Device
) -> None:
    browser = _running(world, device)
    others = [world.browser() for _ in range(3)]
    for other in others:
        other.session, other.token = browser.session, browser.token
        other.hello()
        other.inbox()
    world.sockets.gone.add(browser.connection_id)
    device.dies()

    sweeps.sweep(world.aws)

    for other in others:
        assert list(reasons(other.inbox())) == ["device_lost"]


def _spoil(world: World, device: Device, browser: Browser) -> None:
    """The device writes what is no output into its own part of the buffer."""
    device.store(browser.session, output(1))
    slot = {"session_key": device.key(browser.session), "slot": "exec#000001#000000"}
    world.set("iopub", slot, messages="x")


def test_what_a_device_wrote_keeps_no_other_device_from_being_swept(world: World, device: Device) -> None:
    devices_ = [device, *(world.device() for _ in range(3))]
    browsers = [_running(world, one) for one in devices_]
    # Whichever comes last, there is a spoilt one before it.
    for one, browser in zip(devices_[:3], browsers[:3], strict=True):
        _spoil(world, one, browser)
    device.dies()

    sweeps.sweep(world.aws)

    assert {one.authorized().state for one in devices_} == {"offline"}
    assert [list(reasons(browser.inbox())) for browser in browsers][3] == ["device_lost"]


def test_what_a_device_wrote_keeps_it_neither_from_starting_nor_from_losing_its_other_sessions(
    world: World, device: Device
) -> None:
    browsers = [_running(world, device) for _ in range(4)]
    for browser in browsers[:3]:
        _spoil(world, device, browser)

    assert device.start()["run"] == device.run

    assert {sessions.get(world.aws, browser.session).status for browser in browsers} == {"lost"}
    assert list(reasons(browsers[3].inbox())) == ["device_lost"]


def test_trouble_with_the_tables_is_told_after_all_sessions_were_tried(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers, get = [_running(world, device) for _ in range(3)], sessions.get
    [troubled, *_] = sessions.of_device(world.aws, device.device_id)

    def failing(aws: Clients, session_id: str) -> sessions.Session:
        if session_id == troubled:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")
        return get(aws, session_id)

    monkeypatch.setattr(sessions, "get", failing)
    with pytest.raises(ClientError):
        device.start()

    states = [get(world.aws, browser.session).status for browser in browsers]
    assert sorted(states) == ["lost", "lost", "running"]


def test_a_device_whose_heart_beats_keeps_its_sessions(world: World, device: Device) -> None:
    browser = _running(world, device)
    for _ in range(5):
        world.clock.now += world.aws.settings.device_lost_after - 1
        device.heartbeat()
        sweeps.sweep(world.aws)

    assert browser.hello()[-1]["content"]["session_status"] == "running"
    assert "shell" in device.take(browser.session)


def test_an_expired_session_does_not_keep_its_device_from_starting_nor_others_from_being_swept(
    world: World, device: Device
) -> None:
    old, other = _running(world, device), world.device()
    world.clock.now += world.aws.settings.session_ttl
    device.heartbeat()
    other.heartbeat()
    new = _running(world, other)
    other.dies()

    device.start()
    device.dies()
    sweeps.sweep(world.aws)

    assert new.hello()[-1]["content"]["session_status"] == "lost"
    with pytest.raises(SessionNotFound):
        http.read_messages(world.aws, old.session, old.token, {})


def test_a_silent_device_is_offline_until_it_beats_again(world: World, device: Device) -> None:
    device.dies()
    sweeps.sweep(world.aws)
    assert device.authorized().state == "offline"

    assert device.heartbeat() == "online"


def test_the_heartbeat_of_an_older_run_is_refused(device: Device) -> None:
    older = device.run
    device.start()

    with pytest.raises(StaleLease) as caught:
        device.heartbeat(older)
    assert caught.value.status == 409
    assert device.heartbeat() == "online"


def test_a_run_that_starts_while_an_older_one_beats_wins(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_read = device.authorized()
    device.start()

    with pytest.raises(StaleLease):
        devices.heartbeat(device.aws, as_read, as_read.run, {})


def test_a_draining_device_says_so(device: Device) -> None:
    assert device.heartbeat(state="draining") == "draining"


def test_a_revoked_device_is_refused_everything(world: World, device: Device) -> None:
    browser = _running(world, device)
    row = devices.authorized(world.aws, device.device_id, device.token)
    world.set("devices", {"device_id": device.device_id}, state="revoked")

    for call in (device.start, device.heartbeat, lambda: device.claim(browser.session)):
        with pytest.raises(NotAuthorized):
            call()
    with pytest.raises(NotAuthorized):
        device.take(browser.session)
    with pytest.raises(NotAuthorized):
        device.end(browser.session)
    # One that was revoked between the look and the write stays revoked.
    with pytest.raises(StaleLease):
        devices.heartbeat(world.aws, row, row.run, {})
    world.clock.now += 100
    sweeps.sweep(world.aws)
    item = world.row("devices", device_id=device.device_id)
    assert item is not None
    assert item["state"] == "revoked"


def test_a_device_that_is_deleted_loses_its_sessions(world: World, device: Device) -> None:
    browser = _running(world, device)
    table = world.aws.settings.table("devices")
    world.aws.dynamodb.delete_item(TableName=table, Key=to_item({"device_id": device.device_id}))

    assert browser.hello()[-1]["content"]["session_status"] == "lost"
