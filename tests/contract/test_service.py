"""POST /service: all that came of a run, in SageMathCell's words, and who may ask how often."""

import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from chalicelib import api_keys, service
from chalicelib.errors import TooManyRequests
from chalicelib.messages import Message, computation_end, make
from tests.contract.api import Api
from tests.contract.world import Device, World, output, texts

Serve = Callable[..., Device]
FORM = {"content_type": "application/x-www-form-urlencoded"}


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def shown(msg_type: str, channel: str = "iopub", **content: Any) -> Message:
    return make(msg_type, channel, content)


OK = shown("execute_reply", "shell", status="ok", execution_count=1)


@pytest.fixture
def serve(world: World, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Let a device answer the next session while the service waits for it."""

    def when_waited_for(*messages: Message) -> Device:
        device, sleep = world.device(), world.clock.sleep

        def step(seconds: float) -> None:
            sleep(seconds)
            for ring in world.pool_rings():
                device.claim(ring["session_id"])
                device.take(ring["session_id"])
                numbered = [
                    cast(Message, {**one, "sequence": place}) for place, one in enumerate(messages, 1)
                ]
                device.store(ring["session_id"], *numbered)

        monkeypatch.setattr(world.clock, "sleep", step)
        return device

    return when_waited_for


def test_files_that_the_code_has_made_are_named(api: Api, serve: Serve) -> None:
    made = {"files": [{"name": "a.csv", "size": 12}, {"name": 3, "size": "x"}, "b"]}
    serve(make("extension", "iopub", {"msg_type": "files", "content": made}), OK)

    _, answer = api("POST", "/service", {"code": "open('a.csv', 'w').write('a')"})

    assert answer["files"] == [{"name": "a.csv", "size": 12}]


def test_a_form_is_answered_as_sagemathcell_answers_it(api: Api, serve: Serve) -> None:
    serve(output(1, "1\n"), output(2, "2\n"), OK)

    body = form(code="print(1); print(2)", accepted_tos="true")
    status, answer = api("POST", "/service", body, **FORM)

    assert (status, answer["success"], answer["stdout"]) == (200, True, "1\n2\n")
    assert answer["execute_reply"]["status"] == "ok"
    assert "error" not in answer


def test_json_is_answered_with_everything_that_a_cell_would_show(api: Api, serve: Serve) -> None:
    text = {"data": {"text/plain": "2"}, "metadata": {}}
    serve(
        shown("stream", name="stderr", text="careful"),
        shown("display_data", **text, transient={"display_id": "a"}),
        shown("update_display_data", data={"text/plain": "3"}, metadata={}, transient={"display_id": "a"}),
        shown("execute_result", **text, execution_count=1),
        OK,
    )

    _, answer = api("POST", "/service", {"code": "1 + 1"})

    assert (answer["stdout"], answer["stderr"]) == ("", "careful")
    assert [result["data"]["text/plain"] for result in answer["results"]] == ["3", "2"]


def test_an_error_of_the_program_is_told_with_its_traceback(api: Api, serve: Serve) -> None:
    raised = {"ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": ["…"]}
    reply = shown("execute_reply", "shell", status="error", **raised)
    serve(shown("error", **raised), reply)

    status, answer = api("POST", "/service", {"code": "1 / 0"})

    assert (status, answer["success"]) == (200, False)
    assert answer["error"] == raised
    assert answer["execute_reply"]["ename"] == "ZeroDivisionError"


def test_a_session_that_ends_before_its_reply_says_why(api: Api, serve: Serve) -> None:
    serve(output(1, "so far"), computation_end("limit:memory"))

    _, answer = api("POST", "/service", {"code": "[0] * 10**12"})

    assert (answer["success"], answer["stdout"]) == (False, "so far")
    assert (answer["error"]["ename"], answer["error"]["reason"]) == ("SessionEnded", "limit:memory")
    assert "memory" in answer["error"]["evalue"]


def test_a_run_that_takes_longer_goes_on_and_can_be_read_on(world: World, api: Api) -> None:
    device, began = world.device(), world.clock.now

    status, answer = api("POST", "/service", {"code": "1", "timeout": 5})

    assert (status, answer["success"], answer["error"]["ename"]) == (200, False, "NotOver")
    assert 4 < world.clock.now - began < 6
    device.claim(answer["session_id"])
    device.take(answer["session_id"])
    device.store(answer["session_id"], output(1, "late"))
    path = f"/sessions/{answer['session_id']}/messages?after={answer['sequence']}"
    assert texts(api("GET", path, token=answer["token"])[1]["messages"]) == ["late"]


def test_waiting_takes_a_few_reads_a_second_and_ends_before_the_gateway_does(world: World, api: Api) -> None:
    world.device()
    world.calls.clear()
    began = world.clock.now

    api("POST", "/service", {"code": "1"})

    assert 20 < world.clock.now - began < 27
    assert world.calls["GetItem"] + world.calls["Query"] < 3 * 27
    assert world.calls["Scan"] == 0


def test_output_that_no_answer_can_hold_is_cut_and_can_be_read_on(
    api: Api, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_ANSWER_BYTES", 2000)
    serve(*(output(number, "x" * 500) for number in range(1, 6)), OK)

    _, answer = api("POST", "/service", {"code": "print('x' * 2500)"})

    assert (answer["success"], answer["error"]["ename"]) == (False, "TooMuchOutput")
    assert 0 < answer["sequence"] < 5
    assert len(answer["stdout"]) == 500 * answer["sequence"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (form(), "body"),
        (form(code="1", timeout="60"), "timeout"),
        (form(code="1", timeout="soon"), "timeout"),
        (form(code="1", pool="nowhere"), "pool"),
        (b"&".join([b"a=1"] * 200), "body"),
    ],
)
def test_a_form_that_is_wrong_names_its_field(api: Api, body: bytes, field: str) -> None:
    status, answer = api("POST", "/service", body, **FORM)

    assert (status, answer["field"]) == (400, field)


def test_what_is_neither_form_nor_json_is_refused(api: Api) -> None:
    assert api("POST", "/service", b"1", content_type="text/plain")[0] == 415


def test_code_that_fits_no_message_is_refused(api: Api) -> None:
    status, answer = api("POST", "/service", {"code": "x" * 300_000})

    assert (status, answer["ename"]) == (413, "MessageTooLarge")


def ask(world: World, address: str, **headers: str) -> None:
    """Ask for something that takes no time: it is counted before it is found to be wrong."""
    told = {name.replace("_", "-"): text for name, text in headers.items()}
    body = json.dumps({"code": "1", "timeout": 1})
    service.run(world.aws, body, told, address)


def exhaust(world: World, address: str) -> None:
    for _ in range(world.aws.settings.service_runs_per_minute):
        ask(world, address)


def test_an_address_that_asks_too_often_is_told_when_to_ask_again(world: World, api: Api) -> None:
    exhaust(world, "127.0.0.1")

    response = api.response("POST", "/service", {"code": "1"})

    answer = json.loads(response.body)
    assert (response.status_code, answer["ename"]) == (429, "TooManyRequests")
    wait = int(response.headers["Retry-After"])
    assert answer["retry_after"] == wait
    assert f"again in {wait} s" in answer["evalue"]
    world.clock.now += wait
    ask(world, "127.0.0.1")


def test_others_are_not_held_up_by_it_but_a_whole_ipv6_network_is(world: World) -> None:
    exhaust(world, "2001:db8::1")

    ask(world, "192.0.2.7")
    ask(world, "2001:db8:0:1::1")
    with pytest.raises(TooManyRequests):
        ask(world, "2001:db8::2")


def test_a_key_lifts_the_limit(world: World) -> None:
    key = api_keys.issue(world.aws, "a course")
    exhaust(world, "192.0.2.7")

    ask(world, "192.0.2.7", x_api_key=key)
    with pytest.raises(TooManyRequests):
        ask(world, "192.0.2.7")


@pytest.mark.parametrize("wrong", ["", "0", "{key}0", "longwire-key-" + "0" * 24 + "-" + "x" * 43])
def test_a_wrong_key_is_refused_rather_than_ignored(world: World, api: Api, wrong: str) -> None:
    key = wrong.format(key=api_keys.issue(world.aws, "a course"))

    status, answer = api("POST", "/service", {"code": "1", "timeout": 1}, x_api_key=key or " ")

    assert (status, answer["ename"], answer["field"]) == (401, "NotAuthorized", "api_key")
