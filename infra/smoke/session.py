"""What a reader does: a session by websocket, its output, its sliders, its files."""

import asyncio
import base64
import json
import uuid
from typing import Any

from infra.smoke.checking import expect
from infra.smoke.target import Target
from infra.smoke.web import fetch
from longwire_client import Longwire
from tests.integration.client import Client, answers, change, execute, idle_of, request, type_of

IDLE = 20
"""Seconds that a session of these checks is kept for, should a check break off."""
SLIDER = "@interact\ndef f(n=slider(0, 100, step=1, default=0)):\n    print('n is', n)"
MOVES = 8
IMAGE_BYTES = 150_000
IMAGE = (
    "import base64, os\nfrom IPython.display import display\n"
    f"raw = base64.b64encode(os.urandom({IMAGE_BYTES})).decode()\n"
    "display({'image/png': raw}, raw=True)\nprint(len(raw))"
)
UPLOAD_BYTES = 300_000


async def hello(target: Target) -> str:
    """A websocket opens without anything in its address, and hello is answered."""
    expect("?" not in target.websocket, f"{target.websocket} carries a query string")
    async with await Client.connect(target.websocket) as client:
        answer = await client.hello()
        expect(type_of(answer) == "hello_reply", f"the answer is {answer}")
    return "a hello_reply"


async def prints(target: Target) -> str:
    """Code runs and its output comes back."""
    async with await Client.connect(target.websocket) as client:
        await client.hello()
        await client.run("print(6 * 7)", 60)
        expect(client.text() == "42\n", f"printed {client.text()!r}")
    return "print(6 * 7) gives 42"


async def latest_wins(target: Target) -> str:
    """Of a slider's moves the last one's output comes, whichever came between."""
    async with await Client.connect(target.websocket) as client:
        await client.hello(idle_timeout=IDLE)
        await client.run(SLIDER, 60)
        for n in range(1, MOVES):
            await client.send(change("f", 1 + n, n=n))
        last = await client.send(change("f", 1 + MOVES, n=100))
        await client.until(idle_of(last), 60)
        shown = client.text("f").splitlines()
        expect(shown[-1:] == ["n is 100"], f"shown: {shown}")
        await client.send(request("shutdown_request", "control", {"restart": False}))
    return f"{MOVES} moves, {len(shown) - 1} shown, the last is that of the last"


async def interrupt(target: Target) -> str:
    """An interrupt overtakes what runs and stops it."""
    async with await Client.connect(target.websocket) as client:
        await client.hello()
        sent = await client.send(execute("import time\nprint('began')\nfor _ in range(600): time.sleep(0.1)"))
        await client.until(lambda message: type_of(message) == "stream", 60)
        await client.send(request("interrupt_request", "control", {}))
        await client.until(idle_of(sent), 30)
        names = [message["content"]["ename"] for message in client.of_type("error")]
        expect(names == ["KeyboardInterrupt"], f"errors: {names}")
    return "KeyboardInterrupt"


async def replay(target: Target) -> str:
    """What a reader missed while the connection was gone comes again, once."""
    async with await Client.connect(target.websocket) as first:
        await first.hello(idle_timeout=IDLE)
        await first.run(SLIDER, 60)
        seen, session, token = first.sequences[-1], first.session, first.token
        missed = await first.send(change("f", 2, n=7))
        # The end of a connection may overtake what it has sent: it is gone when that is known to have come.
        await first.until(answers(missed), 60)
    async with await Client.connect(target.websocket) as second:
        await second.hello(session, token, after=seen)
        await second.until(idle_of(missed), 60)
        expect(second.text("f") == "n is 7\n", f"shown: {second.text('f')!r}")
        expect(second.sequences == sorted(set(second.sequences)), f"sequences: {second.sequences}")
        expect(second.sequences[0] > seen, "it began before what had been seen")
        await second.send(request("shutdown_request", "control", {"restart": False}))
    return f"sequences {seen + 1} to {second.sequences[-1]}"


async def shown_image(target: Target) -> dict[str, Any]:
    """The link to an image that is too large for a websocket."""
    async with await Client.connect(target.websocket) as client:
        await client.hello()
        sent = await client.run(IMAGE, 60)
        [image] = [message for message in client.of_type("display_data") if answers(sent)(message)]
        payload: dict[str, Any] | None = image["metadata"].get("payload")
        expect(payload, f"{IMAGE_BYTES} bytes came without a link")
        return payload or {}


async def image(target: Target) -> str:
    """An image larger than a websocket message comes by a link."""
    payload = await shown_image(target)
    answer = await fetch(payload["url"])
    expect(answer.status == 200, f"the link answers {answer.status}")
    shown = base64.b64decode(answer.json()["content"]["data"]["image/png"])
    expect(len(shown) == IMAGE_BYTES, f"{len(shown)} of {IMAGE_BYTES} bytes came")
    return f"{IMAGE_BYTES:,} bytes by {payload['url'].partition('?')[0]}"


async def upload(target: Target) -> str:
    """A file larger than a message goes in, and the code reads it."""
    async with await Client.connect(target.websocket) as client:
        await client.hello(idle_timeout=IDLE)
        await client.run("1", 60)
        data = base64.b64encode(bytes(UPLOAD_BYTES)).decode()
        body = json.dumps({"content": {"name": "smoke.bin"}, "buffers": [data]}).encode()
        given = {"Authorization": f"Bearer {client.token}"}
        form = await asyncio.to_thread(
            Longwire(target.api).call,
            "POST", f"/sessions/{client.session}/uploads", {"size": len(body)}, given,
        )  # fmt: skip
        status = await _put(form, body)
        expect(status == 204, f"the store answers {status}")
        asked = request("upload_request", "shell", {}, payload={"upload": form["upload"]})
        await client.send(asked)
        reply = await client.until(lambda m: type_of(m) == "upload_reply" and answers(asked)(m), 60)
        expect(reply["content"].get("size") == UPLOAD_BYTES, f"the reply is {reply['content']}")
        await client.run("print(len(open('smoke.bin', 'rb').read()))", 60)
        expect(client.text() == f"{UPLOAD_BYTES}\n", f"printed {client.text()!r}")
        await client.send(request("shutdown_request", "control", {"restart": False}))
    return f"{UPLOAD_BYTES:,} bytes"


async def _put(form: dict[str, Any], data: bytes) -> int:
    """Put data into the store as a browser does, by the form that the service gave."""
    mark = uuid.uuid4().hex
    fields = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in form["fields"].items()
    )
    file = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n'
    head = f"{fields}{file}Content-Type: application/json\r\n\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    return (await fetch(form["url"], "POST", kind, head + data + f"\r\n--{mark}--\r\n".encode())).status
