"""What is large and what is many: it arrives, or is cut with a notice, and nobody's memory fills with it."""

import asyncio
import contextlib
import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import LiveStack
from tests.growth import MOST_GROWTH, growth_of
from tests.integration.client import Client, answers, execute, idle_of, request
from tests.integration.test_failures import agent_pids

MB = 2**20
DISPLAY = "from IPython.display import display, HTML\nimport base64, hashlib, os\n"
IMAGE = """
raw = os.urandom(8 * 2**20)
display({"image/png": base64.b64encode(raw).decode()}, raw=True)
"""
SMALL_ONES = """
import time
began = time.monotonic()
for number in range(2000):
    display({"text/plain": str(number)}, raw=True)
print(time.monotonic() - began)
"""


def _fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@contextlib.asynccontextmanager
async def growth(live: LiveStack) -> AsyncIterator[list[int]]:
    """That of the stack's agent."""
    async with await Client.connect(live.websocket) as client:
        await client.run("1", 60)  # now its guard has started it
    [pid] = agent_pids(live.stack.pid_of("agent"))
    async with growth_of(pid) as most:
        yield most


async def _whole(message: dict[str, Any]) -> dict[str, Any]:
    """The content of a message, wherever it is."""
    payload = message["metadata"].get("payload")
    body = await asyncio.to_thread(_fetch, payload["url"]) if payload else message
    content: dict[str, Any] = body["content"]
    return content


async def test_an_image_of_8_mb_arrives_as_it_was(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client, growth(live) as grown:
        await client.hello(idle_timeout=30)
        await client.run(DISPLAY + IMAGE + "print(hashlib.sha256(base64.b64encode(raw)).hexdigest())", 60)
        content = await _whole(client.of_type("display_data")[0])
        image = content["data"]["image/png"]
        assert hashlib.sha256(image.encode()).hexdigest() == client.text().strip()
        assert grown[-1] < MOST_GROWTH


async def test_of_many_large_images_the_first_and_the_last_arrive_and_a_notice_tells_of_the_others(
    live: LiveStack,
) -> None:
    code = DISPLAY + "".join(f"{IMAGE}\nprint('image {n}')" for n in range(8))
    async with await Client.connect(live.websocket) as client, growth(live) as grown:
        await client.hello(idle_timeout=30)
        sent = await client.run(code, 90)
        await client.until(idle_of(sent))
        shown = len(client.of_type("display_data"))
        left_out = [
            m["metadata"]["left_out"] for m in client.of_type("stream") if "left_out" in m["metadata"]
        ]
        assert 2 <= shown <= 8
        assert shown + sum(one["displays"] for one in left_out) == 8
        assert client.text().endswith("image 7\n")
        assert grown[-1] < MOST_GROWTH


async def test_the_html_of_a_dataframe_of_50_mb_is_told_of_in_words(live: LiveStack) -> None:
    code = (
        DISPLAY + "display(HTML('<table>' + '<tr><td>1</td></tr>' * 2_800_000 + '</table>'))\nprint('after')"
    )
    async with await Client.connect(live.websocket) as client, growth(live) as grown:
        await client.hello(idle_timeout=30)
        await client.run(code, 60)
        content = await _whole(client.of_type("display_data")[0])
        assert content["data"] == {"text/plain": "… 53.2 MB left out: a message can have 12 MB …"}
        assert client.text() == "after\n"
        assert grown[-1] < MOST_GROWTH


async def test_100_000_printed_lines_arrive_each_once_and_in_order(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client, growth(live) as grown:
        await client.hello(idle_timeout=30)
        await client.run("for number in range(100_000):\n    print('line', number)", 60)
        assert client.text() == "".join(f"line {number}\n" for number in range(100_000))
        assert client.sequences == list(range(1, len(client.sequences) + 1))
        assert grown[-1] < MOST_GROWTH
        async with await Client.connect(live.websocket) as late:
            await late.hello(client.session, client.token)
            assert late.text() == client.text()


async def test_lines_without_end_are_cut_and_the_notices_tell_every_byte(live: LiveStack) -> None:
    line = "x" * 99 + "\n"
    async with await Client.connect(live.websocket) as client, growth(live) as grown:
        await client.hello(idle_timeout=30)
        await client.run(f"for _ in range(400_000):\n    print({line[:-1]!r})", 90)
        streams = client.of_type("stream")
        left_out = sum(m["metadata"].get("left_out", {}).get("bytes", 0) for m in streams)
        arrived = sum(len(m["content"]["text"]) for m in streams if "left_out" not in m["metadata"])
        assert arrived + left_out == 400_000 * len(line)
        assert grown[-1] < MOST_GROWTH


async def test_2_000_small_messages_at_once_arrive_each_once_and_in_order(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client, growth(live) as grown:
        await client.hello(idle_timeout=30)
        began = time.monotonic()
        await client.run(DISPLAY + SMALL_ONES, 60)
        shown = [int(m["content"]["data"]["text/plain"]) for m in client.of_type("display_data")]
        assert shown == list(range(2000))
        assert time.monotonic() - began < 30
        assert grown[-1] < MOST_GROWTH


async def test_many_messages_without_end_are_cut_with_a_notice(live: LiveStack) -> None:
    code = DISPLAY + SMALL_ONES.replace("2000", "20_000")
    async with await Client.connect(live.websocket) as client, growth(live) as grown:
        await client.hello(idle_timeout=30)
        await client.run(code, 120)
        left_out = [
            m["metadata"]["left_out"] for m in client.of_type("stream") if "left_out" in m["metadata"]
        ]
        shown = [int(m["content"]["data"]["text/plain"]) for m in client.of_type("display_data")]
        assert shown == sorted(set(shown))
        assert (shown[0], shown[-1]) == (0, 19_999)
        assert len(shown) + sum(one["displays"] for one in left_out) == 20_000
        assert grown[-1] < MOST_GROWTH


async def test_links_are_told_to_those_who_may_see_the_session_and_expire(live: LiveStack) -> None:
    async with (
        await Client.connect(live.websocket) as owner,
        await Client.connect(live.websocket) as watcher,
        await Client.connect(live.websocket) as stranger,
    ):
        await owner.hello(idle_timeout=30)
        await owner.run("1")
        made = await owner.until(lambda m: "watch_token" in m["content"])
        answer = await watcher.hello(owner.session, made["content"]["watch_token"], after=0)
        assert answer["content"]["watches_only"] is True
        await stranger.hello(owner.session, "guess", after=0)
        sent = await owner.run(DISPLAY + "display({'image/png': 'A' * 400_000}, raw=True)", 60)
        await watcher.until(idle_of(sent))

        [mine], [theirs] = owner.of_type("display_data"), watcher.of_type("display_data")
        assert mine["sequence"] == theirs["sequence"]
        assert (await _whole(mine)) == (await _whole(theirs))
        assert not stranger.sequences
        url = urllib.parse.urlsplit(theirs["metadata"]["payload"]["url"])
        query = dict(urllib.parse.parse_qsl(url.query))
        assert 0 < int(query["X-Amz-Expires"]) <= 3600
        unsigned = url._replace(query="")
        old = url._replace(query=urllib.parse.urlencode({**query, "X-Amz-Date": "20200101T000000Z"}))
        for one in (unsigned, old):
            assert await asyncio.to_thread(_status, one.geturl()) == 403


@pytest.mark.parametrize(
    "asked",
    [
        execute("print('mine')"),
        request("interrupt_request", "control", {}),
        request("shutdown_request", "control", {}),
    ],
    ids=["execute", "interrupt", "shutdown"],
)
async def test_who_watches_changes_nothing(live: LiveStack, asked: dict[str, Any]) -> None:
    async with await Client.connect(live.websocket) as owner, await Client.connect(live.websocket) as watcher:
        await owner.hello(idle_timeout=30)
        await owner.run("n = 1")
        made = await owner.until(lambda m: "watch_token" in m["content"])
        await watcher.hello(owner.session, made["content"]["watch_token"], after=0)
        await watcher.send(asked)
        refused = await watcher.until(answers(asked))
        assert (refused["content"]["ename"], refused["content"]["field"]) == ("WatchOnly", "header.msg_type")
        sent = await owner.run("n += 1\nprint(n)")
        await watcher.until(idle_of(sent))
        assert owner.text() == watcher.text() == "2\n"
        assert owner.sequences == watcher.sequences
