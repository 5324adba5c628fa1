"""What the gateway counts of what AWS would bill."""

from typing import Any

from aiohttp import ClientSession
from websockets.asyncio.client import connect

from infra.local.gateway import Gateway
from infra.local.gateway.meter import FIGURES_PATH

from . import echo_app
from .conftest import until


async def figures(gateway: Gateway) -> dict[str, Any]:
    async with (
        ClientSession() as session,
        session.get(gateway.url.removesuffix("/api") + FIGURES_PATH) as answer,
    ):
        return dict(await answer.json())


async def test_requests_are_counted_by_route_and_function(gateway: Gateway) -> None:
    async with ClientSession() as session:
        for name in ("a", "b"):
            async with session.get(f"{gateway.url}/echo/{name}"):
                pass
        async with session.get(f"{gateway.url}/nowhere") as missing:
            assert missing.status == 403
    found = (await figures(gateway))["gateway"]

    assert found["rest.GET /echo/{name}"] == found["lambda.api_handler"] == 2
    assert found["bytes.rest"] > 200


async def test_websocket_messages_are_counted_for_each_32_kilobytes(gateway: Gateway) -> None:
    async with connect(gateway.websocket_url) as websocket:
        await websocket.send(["a" * 20_000, "b" * 20_000])  # a fragment may have 32 KB
        await websocket.recv()
    await until(lambda: echo_app.events[-1]["requestContext"]["eventType"] == "DISCONNECT")
    found = (await figures(gateway))["gateway"]

    assert (found["websocket.in"], found["websocket.out"]) == (2, 2)
    assert (found["bytes.in"], found["bytes.out"]) == (40_000, 40_000)
    assert [found[f"lambda.websocket_{name}"] for name in ("connect", "message", "disconnect")] == [1, 1, 1]


async def test_the_process_tells_its_cpu_time_and_what_the_app_asked_of_aws(gateway: Gateway) -> None:
    found = await figures(gateway)

    assert found["cpu_seconds"] > 0
    assert found["aws"] == {}, "this app counts nothing"
