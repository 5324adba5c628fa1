"""What is too large for a request: who may put it away, how much of it, and who gets the link to it."""

import base64
import json
import urllib.parse
from typing import Any

import pytest

from chalicelib import credentials, uploads
from chalicelib.errors import InvalidMessage, MessageTooLarge
from chalicelib.messages import make
from chalicelib.tokens import watch_token
from tests.contract.api import Api
from tests.contract.world import Browser, Device, World, change, only

UPLOAD = "0123456789abcdef" * 2


@pytest.fixture
def browser(world: World) -> Browser:
    browser = world.browser()
    browser.run()
    return browser


@pytest.fixture
def device(world: World, browser: Browser) -> Device:
    device = world.device()
    device.claim(browser.session)
    device.take(browser.session)
    return device


def put_away(state: int = 1, upload: str = UPLOAD, function: str = "f") -> dict[str, Any]:
    message = change(state, function)
    return {**message, "content": {}, "metadata": {**message["metadata"], "payload": {"upload": upload}}}


def policy(answer: dict[str, Any]) -> list[Any]:
    conditions: list[Any] = json.loads(base64.b64decode(answer["fields"]["policy"]))["conditions"]
    return conditions


def path_of(message: Any) -> str:
    return urllib.parse.urlsplit(message["metadata"]["payload"]["url"]).path


def test_the_owner_is_let_put_away_as_much_as_was_asked_for_below_the_session(
    api: Api, browser: Browser
) -> None:
    status, answer = api("POST", f"/sessions/{browser.session}/uploads", {"size": 1000}, browser.token)
    assert status == 201
    assert ["content-length-range", 1, 1000] in policy(answer)
    assert answer["fields"]["key"] == f"uploads/{browser.session}/{answer['upload']}"


@pytest.mark.parametrize(
    ("size", "field"), [(0, "size"), (11_000_001, "size"), ("8", "size"), (None, "size")]
)
def test_a_size_that_is_none_or_too_large_is_refused_by_name(
    api: Api, browser: Browser, size: Any, field: str
) -> None:
    status, answer = api("POST", f"/sessions/{browser.session}/uploads", {"size": size}, browser.token)
    assert (status, answer["field"]) == (400, field)


def test_nobody_else_is_let_put_anything_away(api: Api, browser: Browser) -> None:
    path = f"/sessions/{browser.session}/uploads"
    assert api("POST", path, {"size": 1}, "guess")[0] == 404
    assert api("POST", path, {"size": 1}, watch_token(browser.token))[1]["ename"] == "WatchOnly"


def test_a_session_that_has_ended_takes_nothing(api: Api, browser: Browser) -> None:
    api("DELETE", f"/sessions/{browser.session}", None, browser.token)
    status, answer = api("POST", f"/sessions/{browser.session}/uploads", {"size": 1}, browser.token)
    assert (status, answer["ename"]) == (410, "SessionEnded")


def test_more_than_so_many_a_minute_are_told_when_to_come_again(
    api: Api, world: World, browser: Browser
) -> None:
    path, limit = f"/sessions/{browser.session}/uploads", world.aws.settings.uploads_per_minute
    for _ in range(limit):
        assert api("POST", path, {"size": 1}, browser.token)[0] == 201
    response = api.response("POST", path, {"size": 1}, browser.token)
    assert response.status_code == 429
    assert json.loads(response.body)["evalue"].startswith(f"a session takes {limit} large requests a minute")
    assert 1 <= int(response.headers["Retry-After"]) <= 61


def test_the_bell_and_the_take_bring_a_link_of_the_requests_own_session(
    world: World, browser: Browser, device: Device
) -> None:
    device.rings()
    browser.send(put_away())
    [bell] = device.rings()
    [*_, taken] = device.take(browser.session)["shell"]
    for message in (bell["request"]["message"], taken["message"]):
        assert path_of(message).endswith(f"/uploads/{browser.session}/{UPLOAD}")
        assert message["metadata"]["interact"]["state"] == 1
    row = world.row("shell", session_id=browser.session, key="interact#f")
    assert row
    assert "Signature" not in row["message"]


def test_a_newer_change_takes_the_place_of_one_that_was_put_away(browser: Browser, device: Device) -> None:
    browser.send(put_away(1))
    browser.change(2, n=7)
    [*_, taken] = device.take(browser.session)["shell"]
    assert "payload" not in taken["message"]["metadata"]
    browser.send(put_away(3))
    [*_, taken] = device.take(browser.session, states={"f": 2})["shell"]
    assert path_of(taken["message"]).endswith(UPLOAD)


@pytest.mark.parametrize(
    "payload",
    [
        {"url": "http://169.254.169.254/"},
        {"upload": UPLOAD, "url": "http://169.254.169.254/"},
        {"upload": f"../{UPLOAD[3:]}"},
        {"upload": f"other/{UPLOAD}"},
        {"upload": UPLOAD[:-1]},
        {"upload": f"{UPLOAD}\n"},
        {},
        UPLOAD,
        None,
    ],
)
def test_a_browser_names_an_upload_by_its_id_and_by_nothing_else(browser: Browser, payload: Any) -> None:
    message = put_away()
    message["metadata"]["payload"] = payload
    reply = only(browser.send(message), "execute_reply")
    assert reply["content"]["ename"] == "InvalidMessage"
    assert str(reply["content"]["field"]).startswith("metadata")


@pytest.mark.parametrize(
    "message",
    [
        {**put_away(), "content": {"code": "print(1)"}},
        {**make("comm_msg", "shell", {}), "metadata": {"payload": {"upload": UPLOAD}}},
        {**make("interrupt_request", "control", {}), "metadata": {"payload": {"upload": UPLOAD}}},
    ],
    ids=["content as well", "comm_msg", "interrupt"],
)
def test_only_the_whole_content_of_what_runs_can_be_put_away(browser: Browser, message: Any) -> None:
    [reply] = browser.send(message)
    assert reply["content"]["ename"] == "InvalidMessage"


def body(**content: Any) -> bytes:
    return json.dumps({"content": {"code": ""}, "buffers": [], **content}).encode()


def test_what_was_put_away_makes_the_request_whole_again() -> None:
    message = put_away(4)
    whole = uploads.restored(message, body(values={"file": {"data": "A" * 400_000}}))  # type: ignore[arg-type]
    assert whole["content"] == {"code": ""}
    mark = whole["metadata"]["interact"]
    assert (mark["state"], len(mark["values"]["file"]["data"])) == (4, 400_000)
    assert "payload" not in whole["metadata"]


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"", InvalidMessage),
        (b"[]", InvalidMessage),
        (b'{"content": {}}', InvalidMessage),
        (body(content={}), InvalidMessage),
        (body(content={"code": 7}), InvalidMessage),
        (body(buffers=["not base64!"]), InvalidMessage),
        (body(buffers=["QQ"]), InvalidMessage),
        (body(header={}), InvalidMessage),
        (b'{"content": {"code": "\\ud800"}, "buffers": []}', InvalidMessage),
        (b"[" * 200_000, InvalidMessage),
        (b" " * 11_000_001, MessageTooLarge),
    ],
)
def test_what_was_put_away_is_checked_like_what_was_not(raw: bytes, error: type[Exception]) -> None:
    message = make("execute_request", "shell", {}, metadata={"payload": {"upload": UPLOAD}})
    with pytest.raises(error):
        uploads.restored(message, raw)


def test_a_device_may_not_read_what_browsers_have_put_away(world: World, device: Device) -> None:
    statements = json.loads(credentials.session_policy(world.aws, device.authorized()))["Statement"]
    [store] = [one for one in statements if "s3:GetObject" in one["Action"]]
    assert store["Resource"].endswith(f":{world.aws.settings.payload_bucket}/{device.device_id}/*")
