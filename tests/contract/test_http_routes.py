"""The HTTP layer as it deploys: statuses, bodies that name the field, and what other origins may read."""

import json
from typing import Any

import pytest

from chalicelib import http
from chalicelib.frames import dumps
from chalicelib.messages import make
from tests.contract.api import Api
from tests.contract.world import World, change, output


@pytest.fixture
def session(api: Api) -> dict[str, Any]:
    status, answer = api("POST", "/sessions", {"request": make("execute_request", "shell", {"code": "1"})})
    assert status == 201
    return answer


def test_health_is_answered_without_any_token(api: Api) -> None:
    status, answer = api("GET", "/health")

    assert (status, answer["status"], answer["protocol"]) == (200, "ok", "1")


def test_a_session_over_http_from_its_beginning_to_its_end(
    world: World, api: Api, session: dict[str, Any]
) -> None:
    device, at, token = world.device(), f"/sessions/{session['session']}", session["token"]
    assert session["session_status"] == "queued"
    assert world.pool_rings() == [{"session_id": session["session"]}]
    device.claim(session["session"])
    device.take(session["session"])

    assert api("POST", f"{at}/messages", change(1, x=1), token)[0] == 202
    device.store(session["session"], output(1), output(2))
    status, answer = api("GET", f"{at}/messages?after=1", token=token)
    assert (status, answer["sequence"], answer["session_status"]) == (200, 2, "running")
    assert [message["sequence"] for message in answer["messages"]] == [2]
    assert api("POST", f"{at}/interrupt", token=token)[0] == 202
    assert api("DELETE", at, token=token)[0] == 202
    controls = [one["message"]["header"]["msg_type"] for one in device.take(session["session"])["control"]]
    assert controls == ["interrupt_request", "shutdown_request"]

    device.end(session["session"], "shutdown")
    status, answer = api("POST", f"{at}/messages", change(2, x=2), token)
    assert (status, answer["ename"], answer["reason"]) == (410, "SessionEnded", "shutdown")


def test_an_answer_is_cut_where_a_function_could_not_give_it_whatever_it_holds(
    world: World, api: Api, session: dict[str, Any]
) -> None:
    device, at, token = world.device(), f"/sessions/{session['session']}", session["token"]
    device.claim(session["session"])
    device.take(session["session"])
    # 28 KB in UTF-8, but 49 KB as JSON in JSON.
    for number in range(1, 151):
        device.store(session["session"], output(number, '"\u4e2d' * 7000), number=number)

    _, first = api("GET", f"{at}/messages?after=0", token=token)
    _, second = api("GET", f"{at}/messages?after={first['sequence']}", token=token)

    assert 0 < first["sequence"] < second["sequence"] == 150
    assert len(json.dumps(dumps(first), ensure_ascii=False).encode()) < 6 * 1024 * 1024
    assert len(first["messages"]) + len(second["messages"]) == 150


def test_waiting_for_messages_ends_in_time_and_gives_the_position_back(
    world: World, api: Api, session: dict[str, Any]
) -> None:
    began = world.clock.now

    path = f"/sessions/{session['session']}/messages?after=3&wait=20"
    status, answer = api("GET", path, token=session["token"])

    assert (status, answer["messages"], answer["sequence"]) == (200, [], 3)
    assert 15 < world.clock.now - began < 25


@pytest.mark.parametrize("token", [None, "", "guess"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/messages"), ("GET", "/messages"), ("POST", "/interrupt"), ("DELETE", "")],
)
def test_a_session_answers_only_to_its_token(
    api: Api, session: dict[str, Any], method: str, path: str, token: str | None
) -> None:
    status, answer = api(method, f"/sessions/{session['session']}{path}", change(1, x=1), token)
    unknown = api(method, f"/sessions/{'0' * 24}{path}", change(1, x=1), token)

    assert (status, answer["ename"], answer["field"]) == (404, "SessionNotFound", "session")
    assert (status, answer) == unknown


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "ename", "field"),
    [
        ("POST", "/sessions", b"{", 400, "InvalidMessage", "body"),
        ("POST", "/sessions", [], 400, "InvalidMessage", "body"),
        ("POST", "/sessions", {"pool": "No"}, 400, "InvalidMessage", "pool"),
        ("POST", "/sessions", {"pool": "nowhere"}, 400, "InvalidMessage", "pool"),
        ("POST", "/sessions", {"idle_timeout": 0}, 400, "InvalidMessage", "idle_timeout"),
        ("POST", "/sessions", {"request": {}}, 400, "InvalidMessage", "request.header.msg_type"),
        ("POST", "/sessions", b'"' + b"x" * 600_000 + b'"', 413, "MessageTooLarge", "body"),
        ("POST", "/permalinks", {"language": "python"}, 400, "InvalidMessage", "body"),
        ("POST", "/permalinks", {"code": 1}, 400, "InvalidMessage", "code"),
        ("POST", "/permalinks", {"code": "x" * 300_000}, 413, "MessageTooLarge", "body"),
        ("POST", "/permalinks", {"code": "1", "more": 1}, 400, "InvalidMessage", "body"),
        ("POST", "/permalinks", {"code": "1", "state": {"f": 1}}, 400, "InvalidMessage", "state.f"),
        ("POST", "/permalinks", {"code": "1", "layout": {"run": 1}}, 400, "InvalidMessage", "layout"),
        ("POST", "/permalinks", {"code": "1", "kernel": "<x>"}, 400, "InvalidMessage", "kernel"),
        ("GET", "/permalinks/none", None, 404, "PermalinkNotFound", "id"),
        ("POST", "/permalinks/none/report", {"reason": "spam"}, 404, "PermalinkNotFound", "id"),
        ("POST", "/permalinks/none/report", {"reason": ""}, 400, "InvalidMessage", "reason"),
        ("POST", "/permalinks/none/report", {"reason": "x" * 501}, 400, "InvalidMessage", "reason"),
        ("POST", "/devices", {}, 400, "InvalidMessage", "body"),
        ("POST", "/devices", {"enrolment_token": "guess"}, 401, "NotAuthorized", "enrolment_token"),
        ("POST", "/devices/none/start", {}, 401, "NotAuthorized", "device"),
        ("POST", "/devices/none/credentials", {}, 401, "NotAuthorized", "device"),
        ("POST", "/devices/none/heartbeat", {"run": 1}, 401, "NotAuthorized", "device"),
        ("POST", "/devices/none/sessions/none/claim", {"run": 1}, 401, "NotAuthorized", "device"),
        (
            "POST",
            "/devices/none/sessions/none/take",
            {"run": 1, "epoch": 1, "channels": []},
            401,
            "NotAuthorized",
            "device",
        ),
    ],
)
def test_what_is_wrong_is_answered_with_its_status_and_field(
    api: Api, method: str, path: str, body: Any, status: int, ename: str, field: str
) -> None:
    of_somebody = path.startswith(("/sessions/", "/devices/"))
    answered, answer = api(method, path, body, token="guess" if of_somebody else None)

    assert (answered, answer["ename"], answer["field"]) == (status, ename, field)
    assert (answer["status"], answer["traceback"]) == ("error", [])
    assert answer["evalue"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (make("execute_request", "shell", {"code": 5}), 400, "content.code"),
        (make("execute_request", "iopub", {"code": ""}), 400, "channel"),
        (make("hello", "control", {"session": None}), 400, "header.msg_type"),
        (change(0, x=1), 400, "metadata.interact.state"),
        (make("execute_request", "shell", {"code": "x" * 300_000}), 413, "body"),
        (b"\xff", 400, "body"),
    ],
)
def test_a_wrong_message_names_its_field(
    api: Api, session: dict[str, Any], body: Any, status: int, field: str
) -> None:
    answered, answer = api("POST", f"/sessions/{session['session']}/messages", body, session["token"])

    assert (answered, answer["field"]) == (status, field)


def test_an_older_state_is_a_conflict_that_names_the_newer(api: Api, session: dict[str, Any]) -> None:
    at = f"/sessions/{session['session']}/messages"
    api("POST", at, change(7, x=7), session["token"])

    status, answer = api("POST", at, change(6, x=6), session["token"])

    assert (status, answer["ename"], answer["state"]) == (409, "StaleState", 7)


@pytest.mark.parametrize("query", ["after=-1", "after=x", "wait=1.5", "after=99999999999999999"])
def test_a_query_that_is_no_number_is_refused_by_name(api: Api, session: dict[str, Any], query: str) -> None:
    path = f"/sessions/{session['session']}/messages?{query}"
    status, answer = api("GET", path, token=session["token"])

    assert (status, answer["field"]) == (400, query.partition("=")[0])


def test_a_device_from_enrolment_to_the_end_of_its_session(
    world: World, api: Api, session: dict[str, Any]
) -> None:
    body = {"enrolment_token": world.enrolment_token(), "facts": {"cpus": 2}}
    status, device = api("POST", "/devices", body)
    assert (status, device["pool"]) == (201, "default")
    at, token = f"/devices/{device['device_id']}", device["device_token"]
    run = api("POST", f"{at}/start", {"facts": {}}, token)[1]["run"]
    assert api("POST", f"{at}/heartbeat", {"run": run, "sessions": 0}, token) == (200, {"state": "online"})
    assert api("POST", f"{at}/heartbeat", {"run": run + 1}, token)[0] == 409
    assert api("POST", f"{at}/credentials", {}, token)[0] == 200
    its = f"{at}/sessions/{session['session']}"
    status, claim = api("POST", f"{its}/claim", {"run": run}, token)
    assert status == 200
    lease = {"run": run, "epoch": claim["epoch"]}
    status, taken = api("POST", f"{its}/take", {**lease, "channels": ["shell"]}, token)
    assert taken["shell"][0]["message"]["content"]["code"] == "1"
    stale = {**lease, "epoch": 0, "channels": ["shell"]}
    assert api("POST", f"{its}/take", stale, token)[0] == 410

    assert api("POST", f"{its}/end", {**lease, "status": "ended", "reason": "finished"}, token) == (200, {})
    assert api("POST", f"{its}/claim", {"run": run}, token)[0] == 410


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/health", None),
        ("POST", "/sessions", {}),
        ("POST", "/sessions", {"pool": 1}),
        ("GET", "/sessions/none/messages", None),
        ("POST", "/permalinks", {"code": "1"}),
        ("GET", "/permalinks/none", None),
    ],
)
def test_pages_of_any_origin_may_read_answers_and_errors(api: Api, method: str, path: str, body: Any) -> None:
    assert api.response(method, path, body).headers["Access-Control-Allow-Origin"] == "*"


def test_a_fault_of_the_service_tells_no_details(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> dict[str, Any]:
        raise ValueError("a secret")

    monkeypatch.setattr(http, "health", broken)

    response = api.response("GET", "/health")

    assert response.status_code == 500
    assert b"secret" not in response.body
