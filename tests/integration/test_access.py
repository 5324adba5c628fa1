"""Quotas and tokens on a running stack: real storage, a real device, real websockets."""

import asyncio
import contextlib
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import websockets

from chalicelib import api_keys
from tests.conftest import LiveStack, live_stack
from tests.integration.client import Client, answers, execute

LIVE, COMPUTE = 5, 1


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """A stack where an address may compute for a second an hour, and a key may have five sessions."""
    limits = {
        "LONGWIRE_SIGNED_IN_LIVE_SESSIONS": str(LIVE),
        "LONGWIRE_ANONYMOUS_COMPUTE_SECONDS_PER_HOUR": str(COMPUTE),
    }
    with live_stack(tmp_path_factory.mktemp("limited") / "state", app_env=limits) as stack:
        yield stack


@pytest.fixture
def key(limited: LiveStack) -> str:
    return api_keys.issue(limited.stack.endpoints.clients("longwire-local"), "a test")


def test_of_many_requests_at_once_as_many_get_a_session_as_may_live(limited: LiveStack, key: str) -> None:
    def begin(_: int) -> int:
        headers = {"X-Api-Key": key, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{limited.api}/sessions", b"{}", headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            assert json.load(error)["quota"] == "live_sessions"
            assert error.headers["Retry-After"] == "60"
            return error.code

    with ThreadPoolExecutor(16) as threads:
        statuses = sorted(threads.map(begin, range(16)))

    assert statuses == [201] * LIVE + [429] * (16 - LIVE)


async def test_a_client_without_hello_shows_its_key_in_the_subprotocol_and_no_log_has_it(
    limited: LiveStack, key: str
) -> None:
    async with websockets.connect(
        limited.websocket, subprotocols=["longwire.v1", f"longwire.bearer.{key}"], compression=None
    ) as socket:
        assert socket.subprotocol == "longwire.v1"
        async with Client(socket) as client:
            await client.run("print('known')")
            assert client.text() == "known\n"
            owner = limited.stack.client("dynamodb").get_item(
                TableName="longwire-local-sessions", Key={"session_id": {"S": client.session or ""}}
            )["Item"]["owner"]["S"]

    assert owner == f"key#{key.split('-')[2]}"
    assert not limited.logs_with(key)
    with pytest.raises(websockets.InvalidStatus, match="401"):
        await websockets.connect(limited.websocket, subprotocols=["longwire.bearer.longwire-key-0"])  # type: ignore[list-item]


async def test_what_a_device_has_computed_is_counted_for_whoever_asked(limited: LiveStack) -> None:
    busy = "import time\nuntil = time.monotonic() + 1.3\nwhile time.monotonic() < until: pass"
    async with await Client.connect(limited.websocket) as client:
        await client.run(busy)
        await client.until(lambda message: message["content"].get("msg_type") == "computation_end")

    content = await _refused(limited)

    assert content["ename"] == "TooManyRequests"
    assert content["quota"] == "compute_seconds_per_hour"


async def test_who_computes_for_long_is_barred_while_he_does_and_what_waits_is_refused_in_words(
    limited: LiveStack,
) -> None:
    here = "127.0.0.2"
    busy = "import time\nuntil = time.monotonic() + 14\nwhile time.monotonic() < until: pass"
    async with await Client.connect(limited.websocket, here) as client:
        await client.send(execute(busy))
        await client.until(lambda message: message["header"]["msg_type"] == "execute_input")
        waiting = await client.send(execute("print('not to be seen')"))

        await asyncio.to_thread(_until_barred, limited, here)
        assert client.of_type("execute_reply") == [], "he was barred only when it was over"

        to_it = answers(waiting)
        reply = await client.until(lambda one: to_it(one) and one["header"]["msg_type"] == "execute_reply")
        assert (reply["content"]["ename"], reply["content"]["quota"]) == (
            "TooManyRequests",
            "compute_seconds_per_hour",
        )
        [told] = client.of_type("error")
        assert told["content"]["evalue"] == reply["content"]["evalue"]
        assert client.text() == ""


def _until_barred(limited: LiveStack, address: str) -> None:
    """Ask for sessions from an address until it gets none."""
    url = urllib.parse.urlsplit(limited.api)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        asking = http.client.HTTPConnection(url.hostname or "", url.port, 10, (address, 0))
        with contextlib.closing(asking):
            asking.request("POST", f"{url.path}/sessions", "{}", {"Content-Type": "application/json"})
            answer = asking.getresponse()
            if answer.status == 429:
                assert json.load(answer)["quota"] == "compute_seconds_per_hour"
                return
    raise AssertionError("the address was not barred")


async def _refused(limited: LiveStack) -> dict[str, object]:
    """What is said to somebody new; the end is written down a moment after it has been told."""
    for _ in range(100):
        async with await Client.connect(limited.websocket) as client:
            request = await client.send(execute("1"))
            reply = await client.until(answers(request))
            if reply["header"]["msg_type"] == "execute_reply":
                return dict(reply["content"])
    raise AssertionError("nobody was refused")
