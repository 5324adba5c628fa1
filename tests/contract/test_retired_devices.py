"""What becomes of a device that stays away for very long, and how it comes back."""

import json
from collections.abc import Iterator

import pytest

from chalicelib import http, queues, sweeps
from chalicelib.errors import StaleLease
from chalicelib.trouble import AwsError
from tests.contract.test_trouble import failing
from tests.contract.world import Device, World


@pytest.fixture
def device(world: World) -> Iterator[Device]:
    device = world.device()
    yield device
    queues.drop(world.aws, device.queue_url)


def _queues(world: World, device: Device) -> list[str]:
    name = world.aws.settings.device_queue(device.device_id)
    return world.aws.sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", [])


def _stays_away(world: World, device: Device) -> None:
    device.dies()
    sweeps.sweep(world.aws)
    world.clock.now += world.aws.settings.device_retired_after + 1
    sweeps.sweep(world.aws)


def test_the_queue_of_a_device_that_never_returns_is_deleted(world: World, device: Device) -> None:
    device.dies()
    sweeps.sweep(world.aws)
    assert len(_queues(world, device)) == 1

    _stays_away(world, device)
    sweeps.sweep(world.aws)

    assert _queues(world, device) == []
    assert (device.authorized().state, device.authorized().reason) == ("offline", "no heartbeat")


def test_the_queue_of_a_device_that_never_came_is_deleted(world: World) -> None:
    answer = http.enrol(world.aws, json.dumps({"enrolment_token": world.enrolment_token()}))
    never = Device(world, answer["device_id"], answer["device_token"])
    sweeps.sweep(world.aws)
    assert len(_queues(world, never)) == 1

    world.clock.now += world.aws.settings.device_retired_after + 1
    sweeps.sweep(world.aws)

    assert _queues(world, never) == []


def test_a_device_that_comes_back_after_very_long_gets_a_queue(world: World, device: Device) -> None:
    _stays_away(world, device)

    device.start()

    assert _queues(world, device) == [device.queue_url]
    browser = world.browser()
    browser.run("1")
    device.claim(browser.session)
    browser.run("2")
    assert [ring["session_id"] for ring in device.rings()] == [browser.session]


def test_a_device_that_slept_for_very_long_is_told_to_start_again(world: World, device: Device) -> None:
    _stays_away(world, device)

    with pytest.raises(StaleLease) as caught:
        device.heartbeat()

    assert (caught.value.status, caught.value.field) == (409, "run")


def test_a_device_that_beats_while_it_is_swept_keeps_its_queue(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.dies()
    sweeps.sweep(world.aws)
    world.clock.now += world.aws.settings.device_retired_after + 1
    stopped = list(sweeps._watched(world.aws, int(world.clock.now) - 1000))
    device.heartbeat()
    monkeypatch.setattr(sweeps, "_watched", lambda *_: iter(stopped))

    sweeps.sweep(world.aws)

    assert len(_queues(world, device)) == 1


def test_trouble_with_one_device_does_not_keep_the_sweep_from_the_others(
    world: World, device: Device
) -> None:
    other = world.device()
    device.dies()
    with failing(world.aws.dynamodb, "Query"):
        sweeps.sweep(world.aws)
    assert {device.authorized().state, other.authorized().state} == {"online"}

    sweeps.sweep(world.aws)

    assert {device.authorized().state, other.authorized().state} == {"offline"}


def test_a_process_that_starts_again_is_not_taken_for_another(world: World, device: Device) -> None:
    device.start(instance="one")
    first = device.run
    device.start(instance="one")

    with pytest.raises(StaleLease) as again:
        device.heartbeat(first, instance="one")
    device.start(instance="two")
    with pytest.raises(StaleLease) as other:
        device.heartbeat(first, instance="one")

    assert (again.value.field, other.value.field) == ("run", "instance")


def test_a_start_that_cannot_have_a_queue_begins_no_run(world: World, device: Device) -> None:
    _stays_away(world, device)
    run = device.authorized().run

    with failing(world.aws.sqs, "CreateQueue"), pytest.raises(AwsError):
        device.start()

    assert device.authorized().run == run
