"""Longwire's local stack as a way to a kernel."""

import asyncio
import json
from typing import Any
from urllib.parse import urljoin

import aiohttp
import websockets

from bench.compare.session import Session
from tests.conftest import LiveStack
from tests.integration.client import Message, request

IDLE_TIMEOUT = 600
HELLO_SECONDS = 20.0


class LongwireSession(Session):
    """A websocket that has said hello; the first execution makes the session."""

    def __init__(self, socket: Any, api: str, http: aiohttp.ClientSession) -> None:
        self._socket, self._api, self._http = socket, api, http

    async def send(self, message: Message) -> None:
        await self._socket.send(json.dumps(message))

    async def receive(self) -> list[Message]:
        text = await self._socket.recv(decode=False)
        self.received += len(text)
        frame = json.loads(text)
        return [await self._whole(message) for message in (frame if isinstance(frame, list) else [frame])]

    async def close(self) -> None:
        """The session is this socket's alone, so it ends."""
        await self.send(request("shutdown_request", "control", {}))
        await self._socket.close()
        await self._http.close()

    async def hello(self) -> None:
        await self.send(request("hello", "control", {"session": None, "idle_timeout": IDLE_TIMEOUT}))
        async with asyncio.timeout(HELLO_SECONDS):
            await self.receive()

    async def _whole(self, message: Message) -> Message:
        """The message with the content that was too large for the websocket."""
        payload = message.get("metadata", {}).get("payload")
        if payload is None:
            return message
        async with self._http.get(urljoin(f"{self._api}/", payload["url"])) as answer:
            answer.raise_for_status()
            body = await answer.read()
        self.received += len(body)
        return {**message, **json.loads(body)}


class Longwire:
    """The router makes the session, and a device its kernel, when the first execution comes."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack = stack

    async def start_kernel(self) -> None:
        pass

    async def attach(self, kernel: None) -> LongwireSession:
        socket = await websockets.connect(self._stack.websocket, max_size=None, compression=None)
        session = LongwireSession(socket, self._stack.api, aiohttp.ClientSession())
        await session.hello()
        return session

    async def end_kernel(self, kernel: None) -> None:
        pass
