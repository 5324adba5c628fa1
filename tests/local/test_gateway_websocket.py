"""The websocket side of the gateway: events, refusals, errors and limits as API Gateway has them."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from infra.local.gateway import Gateway

from . import echo_app
from .conftest import MakeGateway, until


async def closed(websocket: Any) -> tuple[int | None, str | None]:
    """Return code and reason with which the server closes."""
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(5):
            while True:
                await websocket.recv()
    return websocket.close_code, websocket.close_reason


async def receive(websocket: Any) -> str:
    async with asyncio.timeout(5):
        text = await websocket.recv()
    assert isinstance(text, str)
    return text


def of_type(name: str) -> list[dict[str, Any]]:
    return [event for event in echo_app.events if event.get("requestContext", {}).get("eventType") == name]


async def test_events_are_those_of_api_gateway(gateway: Gateway) -> None:
    async with connect(f"{gateway.websocket_url}?a=1&a=2&b=", user_agent_header="test/1") as websocket:
        await websocket.send("hä")
        assert await receive(websocket) == "hä"
    await until(lambda: of_type("DISCONNECT"))
    opened, message, ended = (of_type(name)[0] for name in ("CONNECT", "MESSAGE", "DISCONNECT"))
    assert opened["queryStringParameters"] == {"a": "2", "b": ""}
    assert opened["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert opened["headers"]["User-Agent"] == "test/1"
    assert opened["multiValueHeaders"]["User-Agent"] == ["test/1"]
    assert (message["body"], message["isBase64Encoded"]) == ("hä", False)
    contexts = [event["requestContext"] for event in (opened, message, ended)]
    assert [context["routeKey"] for context in contexts] == ["$connect", "$default", "$disconnect"]
    assert len({context["connectionId"] for context in contexts}) == 1
    assert len(base64.b64decode(contexts[0]["connectionId"])) == 11
    assert len({context["connectedAt"] for context in contexts}) == 1
    assert len({context["requestId"] for context in contexts}) == 3
    for context in contexts:
        assert context["stage"] == "api"
        assert context["messageDirection"] == "IN"
        assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "test/1"}
        assert context["domainName"].startswith(context["apiId"])
        assert {"requestTime", "requestTimeEpoch", "extendedRequestId"} <= context.keys()
    assert contexts[1]["messageId"]
    assert (contexts[2]["disconnectStatusCode"], contexts[2]["disconnectReason"]) == (1000, "")


@pytest.mark.parametrize(
    ("suffix", "status"),
    [("?deny=1", 401), ("?crash=1", 502), ("/more", 403)],
)
async def test_a_refusal_has_a_status(gateway: Gateway, suffix: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(gateway.websocket_url + suffix).__aenter__()
    assert refused.value.response.status_code == status
    assert len(gateway.connections) == 0


async def test_another_stage_is_forbidden(gateway: Gateway) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(gateway.websocket_url.replace("/api", "/prod")).__aenter__()
    assert refused.value.response.status_code == 403


async def test_the_function_chooses_the_subprotocol(gateway: Gateway) -> None:
    async with connect(f"{gateway.websocket_url}?protocol=v2", subprotocols=["v1", "v2"]) as websocket:  # type: ignore[list-item]
        assert websocket.subprotocol == "v2"


async def test_posting_before_connect_returned_is_gone(gateway: Gateway) -> None:
    async with connect(f"{gateway.websocket_url}?post=1") as websocket:
        await websocket.send("now")
        assert await receive(websocket) == "now"
    assert {"early": "WebsocketDisconnectedError"} in echo_app.events


async def test_a_crash_is_told_without_details(gateway: Gateway) -> None:
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send("crash")
        answer = json.loads(await receive(websocket))
        assert answer["message"] == "Internal server error"
        assert answer.keys() == {"message", "connectionId", "requestId"}
        await websocket.send("alive")
        assert await receive(websocket) == "alive"


async def test_a_slow_function_times_out(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(integration_seconds=0.2)
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send("hang")
        assert json.loads(await receive(websocket))["message"] == "Endpoint request timed out"


async def test_one_slow_message_holds_up_no_other(gateway: Gateway) -> None:
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send("hang")
        await websocket.send("quick")
        assert await receive(websocket) == "quick"


async def test_more_messages_than_may_wait_are_refused(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(concurrency=1, waiting_invocations=0)
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send("hang")
        await until(lambda: any(event.get("body") == "hang" for event in echo_app.events))
        await websocket.send("one too many")
        assert json.loads(await receive(websocket))["message"] == "Too Many Requests"


async def fragments(size: int, count: int) -> AsyncIterator[str]:
    for _ in range(count):
        yield "x" * size


async def test_a_frame_over_32_kb_closes(gateway: Gateway) -> None:
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send("silent" + "x" * (32 * 1024 - 6))
        await websocket.send("x" * (32 * 1024 + 1))
        assert (await closed(websocket))[0] == 1009


async def test_a_message_may_have_128_kb_in_fragments(gateway: Gateway) -> None:
    async with connect(gateway.websocket_url, max_size=None) as websocket:
        await websocket.send(fragments(32 * 1024, 4))
        assert len(await receive(websocket)) == 128 * 1024
        await websocket.send(fragments(32 * 1024, 5))
        assert (await closed(websocket))[0] == 1009


async def test_a_binary_frame_closes(gateway: Gateway) -> None:
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send(b"binary")
        assert (await closed(websocket))[0] == 1003


async def test_an_idle_connection_closes(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(idle_seconds=0.3)
    async with connect(gateway.websocket_url) as websocket:
        busy_until = time.monotonic() + 0.7
        while time.monotonic() < busy_until:
            await websocket.send("silent")
            await asyncio.sleep(0.02)
        assert await closed(websocket) == (1001, "Going away")
        assert time.monotonic() >= busy_until + 0.2
    await until(lambda: of_type("DISCONNECT"))
    assert of_type("DISCONNECT")[0]["requestContext"]["disconnectStatusCode"] == 1001


async def test_a_busy_connection_closes_at_the_end_of_its_life(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(lifetime_seconds=0.4)
    async with connect(gateway.websocket_url) as websocket:
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(5):
                while True:
                    await websocket.send("alive")
                    await websocket.recv()
        assert websocket.close_code == 1001


async def test_what_is_large_comes_in_fragments_of_32_kb(gateway: Gateway) -> None:
    async with connect(gateway.websocket_url, max_size=(None, 32 * 1024)) as websocket:
        await websocket.send("size:100000")
        assert await receive(websocket) == "é" * 50000


async def test_too_many_connections_are_throttled(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(is_throttling=True, connections_per_second=1)
    async with connect(gateway.websocket_url):
        with pytest.raises(InvalidStatus) as refused:
            await connect(gateway.websocket_url).__aenter__()
    assert refused.value.response.status_code == 429


async def test_too_many_messages_are_throttled(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(is_throttling=True, requests_per_second=0.001, request_burst=1)
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send("silent")
        await websocket.send("silent")
        assert json.loads(await receive(websocket))["message"] == "Too Many Requests"
