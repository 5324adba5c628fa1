"""What the tests of the local stack share: a gateway around the echo app, queues, waiting for something."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from aiohttp import web

from infra.local.aws import Endpoints, address, is_up, storage_command
from infra.local.children import Child
from infra.local.gateway import Gateway, Limits, listen
from infra.local.queues.server import serve
from infra.local.stack import ROOT

from . import echo_app

MakeGateway = Callable[..., Any]


def boto(service: str, url: str) -> Any:
    """Return a real boto3 client of a service at an address."""
    session = boto3.session.Session("k", "s", region_name="us-east-1")
    return session.client(service, endpoint_url=url)  # type: ignore[call-overload]


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until a condition holds; fail after `seconds`."""
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "the condition did not come about"
        await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Storage:
    """A storage process of its own."""

    child: Child
    endpoints: Endpoints

    def client(self, service: str) -> Any:
        return self.endpoints.client(service)


@contextlib.asynccontextmanager
async def storage(state: Path, queues: str = "", save_seconds: float = 10.0) -> AsyncIterator[Storage]:
    """Start a storage process on a state directory, and end it as the stack does."""
    with listen(0) as listener:
        endpoints = Endpoints(address(listener), queues)
        child = await Child.start(
            "storage",
            storage_command(listener, state, save_seconds),
            log=state.parent / "log" / "storage.log",
            env=os.environ,
            directory=ROOT,
            sockets=[listener],
        )
    try:
        while not await asyncio.to_thread(is_up, f"{endpoints.storage}/_local/health"):
            assert child.code is None, child.tail()
        yield Storage(child, endpoints)
    finally:
        await child.stop(10)


@pytest.fixture
async def make_gateway() -> AsyncIterator[MakeGateway]:
    """Return a function that starts a gateway around the echo app with other limits."""
    started: list[Gateway] = []
    echo_app.events.clear()
    echo_app.ticks.clear()
    echo_app.release.clear()
    echo_app.app.websocket_api.session = boto3.session.Session("k", "s", region_name="us-east-1")
    echo_app.app.websocket_api._client = None

    async def make(schedule_seconds: float | None = None, **limits: Any) -> Gateway:
        gateway = Gateway(echo_app.app, limits=Limits(**limits), schedule_seconds=schedule_seconds)
        await gateway.__aenter__()
        started.append(gateway)
        return gateway

    yield make
    echo_app.release.set()
    for gateway in started:
        await gateway.__aexit__(None, None, None)


@pytest.fixture
async def gateway(make_gateway: MakeGateway) -> Gateway:
    """A gateway with AWS's limits."""
    made: Gateway = await make_gateway()
    return made


@pytest.fixture
async def queues() -> AsyncIterator[str]:
    """The address of our SQS."""
    listener: socket.socket = listen(0)
    runner: web.AppRunner = await serve(listener, "us-east-1")
    yield _url(runner)
    await runner.cleanup()


def _url(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
