"""From a websocket to a kernel and back, through every real part."""

import asyncio
import json
import re
import urllib.error
import urllib.request
from typing import Any

import pytest
import websockets

from tests.conftest import LiveStack
from tests.integration.client import Client, Http, change, execute, function_of, idle_of, request, type_of

ANSI = re.compile(r"\x1b\[[0-9;]*m")
EXAMPLE = """
@interact
def f(n=slider(1, 20, step=1)):
    print(n)
"""


def state_of(message: dict[str, Any]) -> int:
    return int(message["metadata"]["interact"]["state"])


async def move(client: Client, function_name: str, state: int, seconds: float = 20, **values: Any) -> None:
    sent = await client.send(change(function_name, state, **values))
    await client.until(idle_of(sent), seconds)


async def test_a_cell_with_a_slider_runs_and_follows_its_slider(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello()
        await client.run(EXAMPLE)
        start = client.of_type("interact_start")[0]["content"]["content"]
        assert start["controls"]["n"]["range"] == [1, 20]
        assert client.text("f") == "1\n"
        await move(client, "f", 2, n=7)
        assert client.text("f") == "1\n7\n"
        assert client.sequences == list(range(1, len(client.sequences) + 1))


async def test_the_reply_comes_before_idle_and_idle_comes_last(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        sent = await client.run("print('x' * 100)\n1 + 1")
        kinds = [
            type_of(m)
            for m in client.received
            if m.get("parent_header", {}).get("msg_id") == sent["header"]["msg_id"]
        ]
        assert kinds[-2:] == ["execute_reply", "status"]
        assert kinds.index("execute_result") < kinds.index("execute_reply")


async def test_a_browser_that_comes_back_gets_exactly_what_it_missed(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as first:
        await first.hello(idle_timeout=60)
        await first.run(EXAMPLE)
        await move(first, "f", 2, n=5)
        seen = first.sequences[-1]
        session, token = first.session, first.token
    async with await Client.connect(live.websocket) as second:
        answer = await second.hello(session, token, after=0)
        assert answer["content"]["session_status"] == "running"
        assert answer["content"]["sequence"] == seen
        assert second.text("f") == "5\n"  # the output of the replaced state is not replayed
        assert second.sequences == sorted(second.sequences)
        await move(second, "f", 3, n=9)
        assert second.text("f") == "5\n9\n"
    async with await Client.connect(live.websocket) as third:
        await third.hello(session, token, after=seen)
        assert third.text("f") == "9\n"


async def test_two_watchers_see_the_same(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as one, await Client.connect(live.websocket) as two:
        await one.run(EXAMPLE)
        await two.hello(one.session, one.token, after=0)
        sent = await one.send(change("f", 2, n=11))
        await one.until(idle_of(sent))
        await two.until(idle_of(sent))
        assert two.text("f").endswith("11\n")


async def test_a_wrong_token_does_not_attach(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as one, await Client.connect(live.websocket) as two:
        await one.run(EXAMPLE)
        answer = await two.hello(one.session, "wrong", after=0)
        assert answer["content"]["ename"] == "SessionNotFound"
        assert not two.sequences


async def test_a_bad_message_is_answered_with_its_field_and_the_connection_lives_on(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        bad = await client.send(request("execute_request", "shell", {"code": 3}))
        answer = await client.until(
            lambda m: m.get("parent_header", {}).get("msg_id") == bad["header"]["msg_id"]
        )
        assert (answer["header"]["msg_type"], answer["channel"]) == ("execute_reply", "shell")
        assert answer["content"]["field"] == "content.code"
        await client.send_raw("no json")
        await client.until(lambda m: m["content"].get("field") == "body")
        await client.run("print('still here')")
        assert client.text() == "still here\n"


async def test_a_session_without_an_interact_ends_when_its_reply_is_out(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.run("print(1)")
        end = await client.until(lambda m: type_of(m) == "computation_end")
        assert end["content"]["content"]["reason"] == "finished"
        await client.until(lambda m: m.get("sequence") == client.sequences[-1])
        await client.hello(client.session, client.token, after=0)
        answer = await client.send(execute("2"))
        reply = await client.until(
            lambda m: m.get("parent_header", {}).get("msg_id") == answer["header"]["msg_id"]
        )
        assert reply["content"]["ename"] == "SessionEnded"


async def test_an_idle_session_ends_and_says_so(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=1)
        await client.run(EXAMPLE)
        end = await client.until(lambda m: type_of(m) == "computation_end")
        assert end["content"]["content"]["reason"] == "idle"


async def test_an_error_shows_its_traceback_and_the_next_change_recovers(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.run("@interact\ndef f(n=slider(0, 5, step=1)):\n    print(10 // n)")
        error = client.of_type("error")[0]
        assert function_of(error) == "f"
        assert error["content"]["ename"] == "ZeroDivisionError"
        assert any("10 // n" in ANSI.sub("", line) for line in error["content"]["traceback"])
        await move(client, "f", 2, n=5)
        assert client.text("f") == "2\n"


async def test_output_of_a_nested_interact_belongs_to_it(live: LiveStack) -> None:
    code = """
@interact
def f(n=slider(1, 3, step=1)):
    print("outer", n)
    @interact
    def g(m=slider(1, 3, step=1)):
        print("inner", n, m)
"""
    async with await Client.connect(live.websocket) as client:
        await client.run(code)
        assert (client.text("f"), client.text("f/g")) == ("outer 1\n", "inner 1 1\n")
        await move(client, "f/g", 2, m=3)
        assert (client.text("f"), client.text("f/g")) == ("outer 1\n", "inner 1 1\ninner 1 3\n")
        await move(client, "f", 2, n=2)
        assert client.text("f") == "outer 1\nouter 2\n"
        assert client.text("f/g").endswith("inner 2 1\n")


async def test_an_interrupt_stops_what_runs(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        sent = await client.send(execute("import time\nprint('go', flush=True)\ntime.sleep(60)"))
        await client.until(lambda m: type_of(m) == "stream")
        await client.send(request("interrupt_request", "control", {}))
        await client.until(idle_of(sent), 10)
        assert client.of_type("error")[0]["content"]["ename"] == "KeyboardInterrupt"


async def test_input_asks_and_gets_its_answer(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        ask = request(
            "execute_request", "shell", {"code": "print('hi ' + input('name? '))", "allow_stdin": True}
        )
        await client.send(ask)
        prompt = await client.until(lambda m: type_of(m) == "input_request")
        assert (prompt["channel"], prompt["content"]["prompt"]) == ("stdin", "name? ")
        await client.send(request("input_reply", "stdin", {"value": "Ada"}))
        await client.until(idle_of(ask))
        assert client.text() == "hi Ada\n"


async def test_what_is_too_large_for_a_websocket_comes_by_a_link(live: LiveStack) -> None:
    code = "from IPython.display import HTML, display\ndisplay(HTML('é' * 300_000))"
    async with await Client.connect(live.websocket) as client:
        await client.run(code)
        message = client.of_type("display_data")[0]
        assert message["content"] == {}
        body = await asyncio.to_thread(_fetch, message["metadata"]["payload"]["url"])
        assert body["content"]["data"]["text/html"] == "é" * 300_000


async def test_long_text_is_cut_into_parts_and_none_is_lost(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.run("print('\\u20ac' * 400_000)", 30)
        assert client.text() == "€" * 400_000 + "\n"


async def test_a_burst_of_changes_runs_the_newest_and_shows_none_out_of_order(live: LiveStack) -> None:
    code = "import time\n@interact\ndef f(n=slider(0, 200, step=1)):\n    time.sleep(0.1)\n    print(n)"
    async with await Client.connect(live.websocket) as client:
        await client.run(code)
        for state in range(2, 62):
            await client.send(change("f", state, n=state))
        await client.until(
            lambda m: type_of(m) == "interact_end" and state_of(m["content"]["content"] and m) == 61
        )
        shown = [state_of(m) for m in client.of_type("stream") if function_of(m) == "f"]
        assert shown == sorted(shown)
        assert shown[-1] == 61
        assert len(shown) < 40  # most were overwritten before they could run


async def test_an_older_state_is_refused_and_told_the_newer_one(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.run(EXAMPLE)
        await move(client, "f", 9, n=3)
        old = await client.send(change("f", 5, n=4))
        answer = await client.until(
            lambda m: m.get("parent_header", {}).get("msg_id") == old["header"]["msg_id"]
        )
        assert (answer["content"]["ename"], answer["content"]["state"]) == ("StaleState", 9)


def _fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


async def test_pages_of_other_origins_are_refused(live: LiveStack) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(live.websocket, origin=websockets.Origin("https://evil.example"))
    assert refused.value.response.status_code == 403
    http = Http(live.api)
    http.origin = "https://evil.example"
    assert http.call("POST", "/sessions", {})[0] == 403


def _read_until(http: Http, session: str, msg_type: str) -> list[Any]:
    found: list[Any] = []
    after = 0
    for _ in range(20):
        status, body = http.call("GET", f"/sessions/{session}/messages?after={after}&wait=5")
        assert status == 200
        found += body["messages"]
        after = body["sequence"]
        if any(type_of(message) == msg_type for message in found):
            return found
    pytest.fail(f"no {msg_type} came")


def test_http_alone_runs_a_session_from_its_making_to_its_end(live: LiveStack) -> None:
    http = Http(live.api)
    status, made = http.call("POST", "/sessions", {"idle_timeout": 60})
    assert status == 201
    session, http.token = made["session"], made["token"]
    status, _ = http.call("POST", f"/sessions/{session}/messages", execute("print(6 * 7)"))
    assert status == 202
    found = _read_until(http, session, "execute_reply")
    assert [m["content"]["text"] for m in found if type_of(m) == "stream"] == ["42\n"]
    assert (
        http.call("POST", f"/sessions/{session}/messages", execute("import time; time.sleep(60)"))[0] == 202
    )
    assert http.call("POST", f"/sessions/{session}/interrupt")[0] == 202
    assert http.call("DELETE", f"/sessions/{session}")[0] == 202
    found = _read_until(http, session, "computation_end")
    assert found[-1]["content"]["content"]["reason"] == "shutdown"


def test_http_refuses_with_words_that_name_the_field(live: LiveStack) -> None:
    http = Http(live.api)
    status, body = http.call("POST", "/sessions", {"pool": "Nowhere!"})
    assert (status, body["field"]) == (400, "pool")
    assert http.call("GET", "/sessions/abc/messages")[0] == 404
    _, made = http.call("POST", "/sessions", {})
    http.token = made["token"]
    status, body = http.call("POST", f"/sessions/{made['session']}/messages", {"header": {"msg_type": "x"}})
    assert (status, body["field"]) == (400, "header.msg_type")


def test_a_permalink_keeps_a_cell(live: LiveStack) -> None:
    http = Http(live.api)
    cell = {"code": "print(1)", "state": {"f": {"n": 3}}}
    status, made = http.call("POST", "/permalinks", cell)
    assert status == 201
    assert http.call("POST", "/permalinks", cell)[1] == made
    assert http.call("GET", f"/permalinks/{made['id']}")[1]["code"] == "print(1)"
