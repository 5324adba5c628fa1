"""Old with new: what one side does not know of the other is left alone, and what cannot work is said."""

import json

import pytest

from chalicelib import devices, http, versions, websocket
from chalicelib.errors import OtherProtocol
from chalicelib.messages import make
from tests.contract.world import World, only


def test_what_a_newer_agent_says_and_this_service_does_not_know_is_left_alone(world: World) -> None:
    body = {"enrolment_token": world.enrolment_token(), "facts": {}, "later": {"a": 1}}
    answer = http.enrol(world.aws, json.dumps(body))
    device = devices.authorized(world.aws, answer["device_id"], answer["device_token"])
    started = http.start_device(world.aws, device, json.dumps({"facts": {}, "later": 1}))
    device = devices.authorized(world.aws, answer["device_id"], answer["device_token"])

    beat = {"run": started["run"], "sessions": 3, "later": "x" * 100_000}
    http.heartbeat(world.aws, device, json.dumps(beat))

    row = world.row("devices", device_id=answer["device_id"])
    assert row is not None
    assert json.loads(row["load"]) == {"sessions": 3}


def test_what_a_newer_page_says_and_this_service_does_not_know_is_left_alone(world: World) -> None:
    browser = world.browser()
    hello = make("hello", "control", {"session": None, "later": 1})

    websocket.on_message(world.aws, browser.connection_id, json.dumps({**hello, "later": 1}))

    assert only(browser.inbox(), "hello_reply")["content"]["status"] == "ok"


def test_a_page_of_another_protocol_is_told_to_reload(world: World) -> None:
    browser = world.browser()
    hello = make("hello", "control", {"session": None, "protocol": "2"})

    websocket.on_message(world.aws, browser.connection_id, json.dumps(hello))

    told = only(browser.inbox(), "hello_reply")["content"]
    assert (told["ename"], told["field"], told["spoken"]) == ("OtherProtocol", "content.protocol", ["1"])
    assert told["evalue"].endswith("speaks protocol 1, not 2: reload the page")


def test_an_agent_of_another_protocol_does_not_join_and_its_enrolment_is_not_used_up(world: World) -> None:
    token = world.enrolment_token()
    for protocol in ("0", "2"):
        body = {"enrolment_token": token, "protocol": protocol}
        with pytest.raises(OtherProtocol, match="install the agent of version"):
            http.enrol(world.aws, json.dumps(body))
    answer = http.enrol(world.aws, json.dumps({"enrolment_token": token, "protocol": "1"}))
    device = devices.authorized(world.aws, answer["device_id"], answer["device_token"])

    with pytest.raises(OtherProtocol):
        http.start_device(world.aws, device, json.dumps({"protocol": "2"}))


def test_an_agent_whose_protocol_is_given_up_while_it_runs_keeps_what_it_has_and_drains(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, browser = world.device(), world.browser()
    browser.run()
    device.claim(browser.session)
    monkeypatch.setattr(versions, "SPOKEN", ("2", "3"))
    world.clock.now += world.aws.settings.device_lost_after - 1

    with pytest.raises(OtherProtocol):
        device.heartbeat()

    world.clock.now += world.aws.settings.device_lost_after - 1
    row = world.row("devices", device_id=device.device_id)
    assert row is not None
    assert (row["state"], row["reason"]) == ("draining", "its agent speaks another protocol")
    device.take(browser.session)


def test_a_kernel_gets_of_a_header_what_jupyter_has_in_one(world: World) -> None:
    device, browser = world.device(), world.browser()
    request = make("execute_request", "shell", {"code": "1"})
    request["header"] = {**request["header"], "later": {"a": []}}  # type: ignore[typeddict-unknown-key]

    browser.send(request)

    device.claim(browser.session)
    [given] = device.take(browser.session)["shell"]
    assert given["message"]["header"].keys() == {
        "msg_id",
        "msg_type",
        "session",
        "username",
        "date",
        "version",
    }
