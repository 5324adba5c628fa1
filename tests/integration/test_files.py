"""Files to and from a session, and requests too large for a message: the real store, a real kernel."""

import asyncio
import base64
import json
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest

from tests.conftest import LiveStack
from tests.integration.client import (
    Client,
    Http,
    Message,
    answers,
    change,
    execute,
    idle_of,
    request,
    type_of,
)

FILE_BOX = "@interact\ndef f(file=FileBox()):\n    print(len(file) if file else 'none')"


def put(answer: dict[str, Any], data: bytes, **other: str) -> int:
    """Put data into the store as a browser does, by the form of an answer; returns the status."""
    mark = uuid.uuid4().hex
    fields = {**answer["fields"], **other}
    head = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    )
    file = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n'
    body = (
        f"{head}{file}Content-Type: application/json\r\n\r\n".encode() + data + f"\r\n--{mark}--\r\n".encode()
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={mark}", "Origin": "http://a.page"}
    try:
        with urllib.request.urlopen(urllib.request.Request(answer["url"], body, kind), timeout=30) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


class Reader:
    """A client, and the same session by HTTP."""

    def __init__(self, live: LiveStack, client: Client) -> None:
        self.client = client
        self.http = Http(live.api)
        self.http.token = client.token or ""

    def grant(self, size: int) -> dict[str, Any]:
        status, answer = self.http.call("POST", f"/sessions/{self.client.session}/uploads", {"size": size})
        assert status == 201, answer
        return dict(answer)

    async def put_away(self, message: Message, **values: Any) -> Message:
        """The message with its content, buffers and values in the store."""
        whole = {"content": message["content"], "buffers": message.get("buffers", [])}
        data = json.dumps({**whole, **({"values": values} if values else {})}).encode()
        answer = await asyncio.to_thread(self.grant, len(data))
        assert await asyncio.to_thread(put, answer, data) == 204
        return named(message, answer["upload"])

    async def ask(self, msg_type: str, name: str, buffers: list[str] | None = None) -> Message:
        """The reply to a request about a file."""
        message = request(msg_type, "shell", {"name": name})
        message["buffers"] = buffers or []
        size = len(json.dumps(message))
        sent = await self.client.send(await self.put_away(message) if size > 200_000 else message)
        reply = msg_type.replace("_request", "_reply")
        return await self.client.until(lambda m: type_of(m) == reply and answers(sent)(m), 60)


def named(message: Message, upload: str) -> Message:
    return {
        **message,
        "content": {},
        "buffers": [],
        "metadata": {**message["metadata"], "payload": {"upload": upload}},
    }


def file_of(size: int) -> dict[str, str]:
    return {"name": "a.bin", "type": "", "data": base64.b64encode(bytes(size)).decode()}


async def test_a_file_of_8_mb_reaches_a_control_and_a_newer_change_takes_its_place(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello()
        await client.run(FILE_BOX, 60)
        reader = Reader(live, client)
        large = await reader.put_away(change("f", 5), file=file_of(8_000_000))
        await client.send(large)
        await client.until(idle_of(large), 60)
        assert client.text("f") == "none\n8000000\n"

        busy = await client.send(
            execute("import time\nbegan = time.time()\nwhile time.time() < began + 1: pass")
        )
        await client.send(large := await reader.put_away(change("f", 6), file=file_of(300_000)))
        newer = change("f", 7)
        newer["metadata"]["interact"]["values"] = {"file": None}
        await client.send(newer)
        await client.until(idle_of(newer), 60)
        await client.until(idle_of(busy), 60)
        assert client.text("f") == "none\n8000000\nnone\n"


async def test_what_is_gone_or_wrong_is_told_where_its_output_would_stand(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=30)
        await client.run(FILE_BOX, 60)
        reader = Reader(live, client)
        gone = await client.send(named(execute("print('never')"), "0" * 32))
        await client.until(idle_of(gone), 60)
        [error] = client.of_type("error")
        assert (error["content"]["ename"], "send it again" in error["content"]["evalue"]) == (
            "UploadLost",
            True,
        )

        lost = await client.send(named(change("f", 5), "0" * 32))
        await client.until(idle_of(lost), 60)
        [refused] = client.of_type("interact_error")
        assert "send it again" in refused["content"]["content"]["errors"][""]

        answer = await asyncio.to_thread(reader.grant, 1000)
        assert await asyncio.to_thread(put, answer, b'{"content": {"code": 7}, "buffers": []}') == 204
        wrong = await client.send(named(execute(""), answer["upload"]))
        reply = await client.until(lambda m: type_of(m) == "execute_reply" and answers(wrong)(m))
        assert reply["content"]["field"] == "content.code"
        await client.run("print('alive')")
        assert client.text() == "alive\n"


async def test_the_store_takes_no_more_than_was_asked_for_and_no_other_key(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=30)
        await client.run("1", 60)
        reader = Reader(live, client)
        answer = await asyncio.to_thread(reader.grant, 10)
        assert await asyncio.to_thread(put, answer, b"x" * 11) == 400
        assert await asyncio.to_thread(put, answer, b"") == 400
        assert await asyncio.to_thread(put, answer, b"x", key="uploads/other/1") == 403
        assert await asyncio.to_thread(put, answer, b"x", **{"Content-Type": "text/html"}) == 403
        assert await asyncio.to_thread(put, answer, b"x", policy="e30=") == 403
        assert await asyncio.to_thread(put, answer, b"x") == 204


async def test_another_sessions_upload_cannot_be_run(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as owner, await Client.connect(live.websocket) as thief:
        for client in (owner, thief):
            await client.hello(idle_timeout=30)
            await client.run("1", 60)
        secret = await Reader(live, owner).put_away(execute("print('secret')"))
        stolen = await thief.send({**secret, "header": execute("")["header"]})
        await thief.until(idle_of(stolen), 60)
        assert thief.of_type("error")[0]["content"]["ename"] == "UploadLost"
        assert thief.text() == ""


@pytest.mark.parametrize("size", [0, 8_000_000])
async def test_a_file_goes_in_before_the_code_and_comes_out_as_it_was(live: LiveStack, size: int) -> None:
    http = Http(live.api)
    _, made = http.call("POST", "/sessions", {})
    async with await Client.connect(live.websocket) as client:
        client.session, client.token = made["session"], made["token"]
        reader = Reader(live, client)
        await client.hello(made["session"], made["token"])
        data = bytes(range(256)) * (size // 256)
        reply = await reader.ask("upload_request", "data.bin", [base64.b64encode(data).decode()])
        assert reply["content"] == {"status": "ok", "name": "data.bin", "size": len(data)}
        await client.run("data = open('data.bin', 'rb').read()\nopen('copy.bin', 'wb').write(data[::-1])")

        [told] = client.of_type("files")
        assert told["content"]["content"] == {"files": [{"name": "copy.bin", "size": len(data)}]}
        reply = await reader.ask("download_request", "copy.bin")
        if payload := reply["metadata"].get("payload"):
            raw = await asyncio.to_thread(lambda: urllib.request.urlopen(payload["url"], timeout=30).read())
            reply = {**reply, **json.loads(raw)}
        assert reply["content"] == {"status": "ok", "name": "copy.bin", "size": len(data)}
        assert base64.b64decode(reply["buffers"][0]) == data[::-1]


async def test_a_session_without_interacts_or_files_ends_and_one_with_files_waits(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello()
        await client.run("open('made.txt', 'w').write('x')")
        reply = await Reader(live, client).ask("download_request", "made.txt")
        assert base64.b64decode(reply["buffers"][0]) == b"x"
    async with await Client.connect(live.websocket) as client:
        await client.hello()
        await client.run("1", 60)
        await client.until(lambda m: type_of(m) == "computation_end")
