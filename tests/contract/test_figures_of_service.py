"""The figures that alarms and scaling go by, as CloudWatch reads them from the log."""

import json
from typing import Any

import pytest

from chalicelib import sweeps
from tests.contract.world import World


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The newest of each metric that was logged since the last look, and its pool if it has one."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    found: dict[str, Any] = {}
    for line in lines:
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert "service" in directive["Dimensions"][0]
        found |= {metric["Name"]: line[metric["Name"]][0] for metric in directive["Metrics"]}
    return found


def test_a_claim_tells_how_long_its_session_has_waited(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    device, browser = world.device(), world.browser()
    browser.run()
    world.clock.now += 7

    device.claim(browser.session)

    assert 7 <= figures(capsys)["ClaimLatency"] < 9


def test_the_time_to_first_output_is_what_devices_say_within_an_hour(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    device = world.device()
    device.heartbeat(first_output=0.25)
    assert figures(capsys)["FirstOutputLatency"] == 0.25
    device.heartbeat(first_output=1e9)
    assert figures(capsys)["FirstOutputLatency"] == 3600
    device.heartbeat()
    assert "FirstOutputLatency" not in figures(capsys)


def test_the_sweep_tells_for_how_many_sessions_there_is_room(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    small, large, draining = world.device(), world.device(), world.device()
    small.heartbeat(sessions=3, capacity=4)
    large.heartbeat(sessions=2, capacity=10)
    draining.heartbeat(state="draining", sessions=0, capacity=50)

    sweeps.sweep(world.aws)

    told = figures(capsys)
    assert (told["DevicesOnline"], told["FreePlaces"], told["SparePlaces"]) == (2, 9, 0)


def test_a_device_that_lies_about_its_room_counts_for_a_large_one(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.device().heartbeat(sessions=0, capacity=10**9)
    sweeps.sweep(world.aws)
    assert figures(capsys)["FreePlaces"] == 1000


@pytest.mark.parametrize("how", ["draining", "silent"])
def test_a_pool_whose_last_device_goes_has_no_room_and_says_so(
    world: World, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    device = world.device()
    device.heartbeat(state="draining" if how == "draining" else "online", sessions=0, capacity=5)
    world.clock.now += 60 if how == "silent" else 0

    sweeps.sweep(world.aws)

    told = figures(capsys)
    assert (told["DevicesOnline"], told["FreePlaces"], told["SparePlaces"]) == (0, 0, 0)
