"""What the service knows of a device: its state with reason and time, its version, what it is told."""

import dataclasses
import json
from collections.abc import Callable

import pytest

from chalicelib import http, sweeps
from chalicelib.errors import AgentTooOld, InvalidMessage
from tests.contract.world import Device, World, reasons


@pytest.fixture
def device(world: World) -> Device:
    return world.device()


def _known(device: Device) -> dict[str, object]:
    return http.describe_device(device.aws, device.authorized())


def _state(device: Device) -> tuple[object, object]:
    known = _known(device)
    return known["state"], known["reason"]


Newer = Callable[[str], None]


@pytest.fixture
def takes_only(world: World, monkeypatch: pytest.MonkeyPatch) -> Newer:
    """Have the service take agents of a version and newer only."""

    def change(version: str) -> None:
        settings = dataclasses.replace(world.aws.settings, min_agent_version=version)
        monkeypatch.setitem(world.aws.__dict__, "settings", settings)

    return change


def test_every_state_has_its_reason_and_its_time(world: World, device: Device) -> None:
    assert _state(device) == ("online", "started")
    started = _known(device)["since"]

    world.clock.now += 5
    device.heartbeat()
    assert _known(device)["since"] == started

    device.heartbeat(state="draining", reason="stopped by SIGTERM")
    assert _state(device) == ("draining", "stopped by SIGTERM")
    assert _known(device)["since"] == int(world.clock.now)

    device.heartbeat(state="offline", reason="drained")
    assert _state(device) == ("offline", "drained")

    device.start()
    device.dies()
    sweeps.sweep(world.aws)
    assert _state(device) == ("offline", "no heartbeat")
    device.heartbeat()
    assert _state(device) == ("online", "heard of again")


def test_an_enrolled_device_that_has_not_started_is_registered(world: World) -> None:
    answer = http.enrol(world.aws, json.dumps({"enrolment_token": world.enrolment_token()}))

    assert _state(Device(world, answer["device_id"], answer["device_token"])) == ("registered", "enrolled")


def test_a_heartbeat_tells_version_level_and_load(world: World, device: Device) -> None:
    device.heartbeat(version="9.9", sandbox="full", capacity=20, cpu=0.25, free_memory_mb=900)

    row = world.row("devices", device_id=device.device_id)
    assert row is not None
    assert (row["version"], row["sandbox"]) == ("9.9", "full")
    assert json.loads(row["load"]) == {"sessions": 1, "capacity": 20, "cpu": 0.25, "free_memory_mb": 900}


@pytest.mark.parametrize("told", [{"sandbox": "strong"}, {"cpu": "much"}, {"version": "1" * 100}])
def test_a_heartbeat_of_the_wrong_shape_is_refused(device: Device, told: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage):
        device.heartbeat(**told)


def test_a_device_cannot_give_itself_a_pool_or_a_label(world: World) -> None:
    facts = {"pool": "other", "labels": ["gpu"], "version": "1"}
    token = world.enrolment_token(labels=("cpu",))
    answer = http.enrol(world.aws, json.dumps({"enrolment_token": token, "facts": facts}))

    device = Device(world, answer["device_id"], answer["device_token"])
    started = device.start(facts=facts)

    assert (started["pool"], started["labels"]) == ("default", ["cpu"])


def test_a_device_that_says_it_is_off_keeps_no_session(world: World, device: Device) -> None:
    browser = world.browser()
    browser.run()
    device.claim(browser.session)
    device.take(browser.session)

    device.heartbeat(state="offline")

    assert list(reasons(browser.inbox())) == ["device_lost"]


def test_an_agent_that_is_too_old_does_not_start_nor_use_its_token_up(
    world: World, takes_only: Newer
) -> None:
    takes_only("2.1")
    token = world.enrolment_token()
    for version in ("2.0.9", "1.99", "", "none"):
        body = {"enrolment_token": token, "facts": {"version": version}}
        with pytest.raises(AgentTooOld) as caught:
            http.enrol(world.aws, json.dumps(body))
        assert (caught.value.status, caught.value.details["at_least"]) == (426, "2.1")

    answer = http.enrol(world.aws, json.dumps({"enrolment_token": token, "facts": {"version": "2.1.0"}}))
    device = Device(world, answer["device_id"], answer["device_token"])
    with pytest.raises(AgentTooOld, match=r"2\.1 or newer, this is 2\.0"):
        device.start(facts={"version": "2.0"})
    assert device.start(facts={"version": "10.0"})["run"] == 1


def test_an_agent_that_has_become_too_old_keeps_what_it_has_and_gets_nothing_new(
    world: World, takes_only: Newer
) -> None:
    device = world.device()
    one, other = world.browser(), world.browser()
    one.run()
    other.run()
    device.claim(one.session)
    device.take(one.session)
    takes_only("2.1")

    for _ in range(3):
        world.clock.now += world.aws.settings.device_lost_after - 1
        with pytest.raises(AgentTooOld):
            device.heartbeat()

    assert _state(device) == ("draining", "its agent is too old")
    assert one.hello()[-1]["content"]["session_status"] == "running"
    with pytest.raises(AgentTooOld):
        device.claim(other.session)
