"""What stays true when a kernel or a client means harm."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

from chalicelib.parsing import MAX_DEPTH
from tests.conftest import LiveStack
from tests.integration.client import Client, Http, answers, execute, idle_of, request, type_of

RAW = """
kernel = get_ipython().kernel
def raw(msg_type, content, metadata=None, buffers=None):
    kernel.session.send(
        kernel.iopub_socket, msg_type, content, metadata=metadata or {}, buffers=buffers,
        parent=kernel.get_parent(),
    )
"""


STOPS_ITSELF = """
import os, signal, time
print("go", flush=True)
while True:
    try:
        time.sleep(0.5)  # for zmq's own thread, which sends what it was given
        os.kill(os.getpid(), signal.SIGSTOP)
    except KeyboardInterrupt:
        pass
"""


async def _works(live: LiveStack) -> None:
    """Somebody else's session runs."""
    async with await Client.connect(live.websocket) as other:
        await other.hello()
        await other.run("print('fine')", 30)
        assert other.text() == "fine\n"


async def _is_over(client: Client) -> str:
    end = await client.until(lambda m: type_of(m) == "computation_end", 30)
    reason: str = end["content"]["content"]["reason"]
    return reason


async def test_a_kernel_that_kills_itself_ends_its_session_alone(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.send(execute("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
        assert await _is_over(client) == "kernel_died"
    await _works(live)


async def test_a_kernel_that_stops_itself_is_killed_by_an_interrupt(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.send(execute(STOPS_ITSELF))
        await client.until(lambda m: type_of(m) == "stream")
        await client.send(request("interrupt_request", "control", {}))
        assert await _is_over(client) == "killed"


async def test_content_that_is_no_object_harms_no_other_session(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        sent = await client.send(execute(RAW + "raw('display_data', b'[1]')"))
        await client.until(lambda m: idle_of(sent)(m) or type_of(m) == "computation_end", 30)
    await _works(live)


def _nested(depth: int) -> str:
    """A display whose content is so deep."""
    return RAW + f"raw('display_data', b'{{\"data\":' + b'[' * {depth - 1} + b']' * {depth - 1} + b'}}')"


async def test_content_that_is_nested_deeper_than_the_service_reads_is_emptied(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        for depth in (MAX_DEPTH + 1, 900, 980):
            await client.run(_nested(depth), 30)
        assert [message["content"] for message in client.of_type("display_data")] == [{}] * 3
        async with await Client.connect(live.websocket) as late:
            assert (await late.hello(client.session, client.token))["content"]["status"] == "ok"
            assert late.sequences == client.sequences
        await client.run("print('lives on')", 30)
        assert client.text() == "lives on\n"


async def test_content_that_is_nested_deep_arrives_and_can_be_replayed(live: LiveStack) -> None:
    code = _nested(MAX_DEPTH)
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.run(code, 30)
        assert len(client.of_type("display_data")) == 1
        async with await Client.connect(live.websocket) as late:
            await late.hello(client.session, client.token)
            assert late.sequences == client.sequences


async def test_a_message_type_of_a_megabyte_is_cut(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.run(RAW + "raw('x' * 1_000_000, {})\nprint('after')", 30)
        assert client.text() == "after\n"
        assert all(len(m["header"]["msg_type"]) <= 200 for m in client.received)


async def test_marks_of_odd_types_are_dropped(live: LiveStack) -> None:
    code = (
        RAW
        + """
for mark in (1, 'f', [], {}, {'function_name': 1, 'state': 1}, {'function_name': 'f', 'state': 1.5}):
    raw('display_data', {'data': {}}, {'interact': mark})
"""
    )
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.run(code, 30)
        shown = client.of_type("display_data")
        assert len(shown) == 6
        assert all("interact" not in message["metadata"] for message in shown)


async def test_a_replaced_connection_file_changes_nothing(live: LiveStack) -> None:
    code = "import pathlib\nfor p in pathlib.Path.cwd().parent.glob('connection*.json'): p.write_text('{}')"
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.run(code, 30)
        await client.run("print('still here')", 30)
        assert client.text() == "still here\n"


async def test_many_hellos_at_once_are_all_answered(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        sent = [await client.send(request("hello", "control", {"session": None})) for _ in range(30)]
        await asyncio.gather(*(client.until(answers(message), 30) for message in sent))
        await client.run("print('served')", 30)
        assert client.text() == "served\n"


async def test_huge_numbers_in_a_hello_are_refused_with_the_field(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        for after in (2**60, -1, "1", 1.5):
            message = await client.send(request("hello", "control", {"session": None, "after": after}))
            answer = await client.until(answers(message), 30)
            assert answer["content"]["field"] == "content.after"


async def test_nobody_can_post_to_the_session_of_another(live: LiveStack) -> None:
    def post(session: str | None, token: str | None) -> Any:
        body = json.dumps(execute("print('stolen')")).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        sent = urllib.request.Request(f"{live.api}/sessions/{session}/messages", body, headers)
        try:
            with urllib.request.urlopen(sent, timeout=9) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    async with await Client.connect(live.websocket) as mine, await Client.connect(live.websocket) as theirs:
        for client in (mine, theirs):
            await client.hello(idle_timeout=20)
            await client.run("1", 30)
        assert await asyncio.to_thread(post, theirs.session, mine.token) == 404
        answer = await mine.hello(theirs.session, theirs.token)
        assert answer["content"]["ename"] == "InvalidMessage"
        await theirs.run("print('own')", 30)
        assert theirs.text() == "own\n"


async def test_a_negative_state_does_not_spoil_the_replay(live: LiveStack) -> None:
    mark = "{'interact': {'function_name': 'f', 'state': -1}}"
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.run(RAW + f"raw('stream', {{'name': 'stdout', 'text': 'x'}}, {mark})", 30)
        async with await Client.connect(live.websocket) as late:
            answer = await asyncio.wait_for(late.hello(client.session, client.token), 5)
            assert answer["content"]["status"] == "ok"


async def test_a_mark_of_a_megabyte_is_cut(live: LiveStack) -> None:
    mark = "{'interact': {'function_name': 'f', 'state': 1, 'junk': 'y' * 1_000_000}}"
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.run(RAW + f"raw('display_data', {{}}, {mark})\nprint('after')", 30)
        assert client.text() == "after\n"


async def test_half_an_emoji_in_code_is_refused_and_the_session_lives_on(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        sent = await client.send(execute("x = '\ud800'"))
        refused = await client.until(answers(sent), 30)
        assert refused["content"]["field"] == "content"
        await client.run("print('fine')", 30)
        assert client.text() == "fine\n"


async def test_user_expressions_that_are_no_object_are_refused(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello()
        content = {"code": "1", "user_expressions": 5}
        sent = await client.send(request("execute_request", "shell", content))
        answer = await client.until(answers(sent), 30)
        assert answer["content"]["field"] == "content.user_expressions"


async def test_a_reader_by_http_gets_more_than_one_answer_holds(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        for _ in range(7):
            await client.run("print('z' * 1_000_000)", 20)
        http = Http(live.api)
        http.token = client.token or ""
        text, after = "", 0
        for _ in range(5):
            status, body = await asyncio.to_thread(
                http.call, "GET", f"/sessions/{client.session}/messages?after={after}"
            )
            assert status == 200
            text += "".join(m["content"]["text"] for m in body["messages"] if type_of(m) == "stream")
            after = body["sequence"]
        assert len(text) == 7 * 1_000_001


async def test_every_one_of_many_displays_arrives(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=20)
        await client.run("for i in range(5_000): display(i)", 55)
        assert len(client.of_type("display_data")) == 5_000
