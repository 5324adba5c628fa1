"""`@connections` as a real boto3 client sees it."""

import asyncio
import base64
import datetime
import secrets
from typing import Any

import pytest
from aiohttp import ClientSession
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect

from infra.local.gateway import Gateway

from . import echo_app
from .conftest import MakeGateway, boto, until


async def connection_id() -> str:
    await until(lambda: echo_app.events)
    return str(echo_app.events[0]["requestContext"]["connectionId"])


async def test_post_get_and_delete(gateway: Gateway) -> None:
    client = boto("apigatewaymanagementapi", gateway.url)
    async with connect(gateway.websocket_url, user_agent_header="me") as websocket:
        name = await connection_id()
        await asyncio.to_thread(client.post_to_connection, ConnectionId=name, Data="grüß".encode())
        assert await websocket.recv() == "grüß"
        answer = await asyncio.to_thread(client.get_connection, ConnectionId=name)
        assert isinstance(answer["ConnectedAt"], datetime.datetime)
        assert answer["LastActiveAt"] >= answer["ConnectedAt"]
        assert answer["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "me"}
        await asyncio.to_thread(client.delete_connection, ConnectionId=name)
        await websocket.wait_closed()
        assert websocket.close_code == 1000
    for call in (client.get_connection, client.delete_connection):
        with pytest.raises(client.exceptions.GoneException):
            await asyncio.to_thread(call, ConnectionId=name)


async def test_a_connection_that_closed_is_gone(gateway: Gateway) -> None:
    client = boto("apigatewaymanagementapi", gateway.url)
    async with connect(gateway.websocket_url):
        name = await connection_id()
    await until(lambda: len(gateway.connections) == 0)
    with pytest.raises(client.exceptions.GoneException) as gone:
        await asyncio.to_thread(client.post_to_connection, ConnectionId=name, Data=b"x")
    assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


async def test_an_id_with_every_odd_letter_is_quoted_and_gone(gateway: Gateway) -> None:
    client = boto("apigatewaymanagementapi", gateway.url)
    name = base64.b64encode(b"\xfb\xef\xff" * 3 + b"\xff\xff").decode()
    assert {"+", "/", "="} <= set(name)
    with pytest.raises(client.exceptions.GoneException):
        await asyncio.to_thread(client.post_to_connection, ConnectionId=name, Data=b"x")


async def test_an_id_that_can_be_none_is_a_bad_request(gateway: Gateway) -> None:
    client = boto("apigatewaymanagementapi", gateway.url)
    with pytest.raises(ClientError) as refused:
        await asyncio.to_thread(client.post_to_connection, ConnectionId="nonsense", Data=b"x")
    assert refused.value.response["Error"]["Code"] == "BadRequestException"


async def test_more_than_128_kb_is_too_large(gateway: Gateway) -> None:
    client = boto("apigatewaymanagementapi", gateway.url)
    async with connect(gateway.websocket_url, max_size=None) as websocket:
        name = await connection_id()
        with pytest.raises(client.exceptions.PayloadTooLargeException):
            await asyncio.to_thread(
                client.post_to_connection, ConnectionId=name, Data=b"x" * (128 * 1024 + 1)
            )
        await asyncio.to_thread(client.post_to_connection, ConnectionId=name, Data=b"x" * (128 * 1024))
        assert len(await websocket.recv()) == 128 * 1024


async def test_too_many_posts_exceed_the_limit(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(is_throttling=True, requests_per_second=0.001, request_burst=1)
    client: Any = boto("apigatewaymanagementapi", gateway.url)
    client.meta.events.register("needs-retry.*", lambda **_: None)
    name = base64.b64encode(secrets.token_bytes(11)).decode()
    with pytest.raises(client.exceptions.GoneException):
        await asyncio.to_thread(client.get_connection, ConnectionId=name)
    with pytest.raises(client.exceptions.LimitExceededException):
        await asyncio.to_thread(client.get_connection, ConnectionId=name)


async def test_an_unsigned_post_is_refused(gateway: Gateway) -> None:
    async with (
        connect(gateway.websocket_url),
        ClientSession() as session,
        session.post(f"{gateway.url}/@connections/{await connection_id()}", data=b"x") as answer,
    ):
        assert answer.status == 403
        assert await answer.json() == {"message": "Missing Authentication Token"}


async def test_a_client_that_reads_nothing_is_cut_off(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(send_seconds=0.3)
    client = boto("apigatewaymanagementapi", gateway.url)
    async with connect(gateway.websocket_url, max_size=None, max_queue=1, close_timeout=0.1):
        name = await connection_id()
        with pytest.raises(client.exceptions.GoneException):
            for _ in range(200):
                await asyncio.to_thread(client.post_to_connection, ConnectionId=name, Data=b"x" * 128_000)
