"""The websocket listener: opens, routes and closes connections as API Gateway does."""

import asyncio
import http
import json
import logging
import socket
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from infra.local.gateway.connections import Connection, Connections, GoneError
from infra.local.gateway.events import (
    Api,
    Event,
    Peer,
    connect_event,
    disconnect_event,
    message_event,
    short_id,
)
from infra.local.gateway.functions import (
    FunctionError,
    Functions,
    FunctionTimeoutError,
    TooManyInvocationsError,
)
from infra.local.gateway.limits import Limits, TokenBucket
from infra.local.gateway.meter import Meter

log = logging.getLogger("longwire.gateway")

GOING_AWAY = 1001
UNSUPPORTED_DATA = 1003


@dataclass
class Opening:
    """What `$connect` decided, kept on the socket until its handler starts."""

    peer: Peer
    subprotocol: str | None = None


class WebsocketListener:
    """Serves `ws://host:port/<stage>`."""

    def __init__(
        self, functions: Functions, connections: Connections, api: Api, limits: Limits, meter: Meter
    ) -> None:
        self._functions = functions
        self._meter = meter
        self._connections = connections
        self._api = api
        self._limits = limits
        self._connects = TokenBucket(limits.connections_per_second, limits.connections_per_second)
        self._requests = TokenBucket(limits.requests_per_second, limits.request_burst)
        # Weak: a client may leave between its request and the 101.
        self._openings: WeakKeyDictionary[ServerConnection, Opening] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Accept connections on a bound socket."""
        self._server = await serve(
            self._serve,
            sock=listener,
            process_request=self._open,
            select_subprotocol=self._subprotocol,
            compression=None,
            max_size=(self._limits.message_bytes, self._limits.frame_bytes),
            ping_interval=None,
            server_header=None,
            open_timeout=self._limits.integration_seconds + 5.0,
            close_timeout=2.0,
            write_limit=4 * self._limits.message_bytes,
        )

    async def stop(self) -> None:
        """Close every connection (1001) and wait, with a bound, for their `$disconnect`."""
        if self._server is not None:
            self._server.close()
            waiting = asyncio.ensure_future(self._server.wait_closed())
            await asyncio.wait([waiting], timeout=3.0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)

    async def _open(self, socket_: ServerConnection, request: Request) -> Response | None:
        """Invoke `$connect` before the 101; anything but a 2xx of the function refuses the connection."""
        url = urlsplit(request.path)
        if url.path.rstrip("/") != f"/{self._api.stage}":
            return _refusal(403, {"message": "Forbidden"})
        if self._limits.is_throttling and not self._connects.take():
            return _refusal(429, {"message": "Too Many Requests"})
        peer = Peer(
            connection_id=short_id(),
            source_ip=socket_.remote_address[0],
            user_agent=request.headers.get("User-Agent", ""),
            headers=list(request.headers.raw_items()),
            query=parse_qsl(url.query, keep_blank_values=True),
        )
        opening = Opening(peer)
        handler = self._functions.websocket("$connect")
        if handler is not None:
            event = connect_event(self._api, peer)
            try:
                answer = await self._functions.invoke("websocket_connect", handler, event)
                status = int(answer.get("statusCode", 200))
            except (FunctionError, AttributeError, ValueError):
                return _refusal(502, _error(event, "Internal server error"))
            except FunctionTimeoutError:
                return _refusal(504, _error(event, "Endpoint request timed out"))
            except TooManyInvocationsError:
                return _refusal(429, {"message": "Too Many Requests"})
            if not 200 <= status < 300:
                return _refusal(status, None, str(answer.get("body") or ""))
            opening.subprotocol = _header(answer, "sec-websocket-protocol")
        self._openings[socket_] = opening
        return None

    def _subprotocol(self, socket_: ServerConnection, _: Any) -> Any:
        return self._openings[socket_].subprotocol

    async def _serve(self, socket_: ServerConnection) -> None:
        connection = Connection(self._openings.pop(socket_).peer, socket_)
        self._connections.add(connection)
        keeper = asyncio.create_task(self._keep(connection))
        try:
            await self._receive(connection)
        finally:
            keeper.cancel()
            self._connections.remove(connection)
            self._start(self._disconnected(connection))

    async def _receive(self, connection: Connection) -> None:
        try:
            while True:
                message = await connection.socket.recv()
                connection.touch()
                if isinstance(message, bytes):
                    await connection.socket.close(UNSUPPORTED_DATA, "Binary frames are not supported")
                    return
                self._meter.passed("in", len(message.encode()))
                # A task of its own: API Gateway promises no order between the messages of one client.
                self._start(self._message(connection, message))
        except ConnectionClosed:
            return

    async def _message(self, connection: Connection, body: str) -> None:
        handler = self._functions.websocket("$default")
        event = message_event(self._api, connection.peer, body)
        text = None
        if self._limits.is_throttling and not self._requests.take():
            text = "Too Many Requests"
        elif handler is None:
            text = "Forbidden"
        else:
            try:
                await self._functions.invoke("websocket_message", handler, event)
            except FunctionError:
                text = "Internal server error"
            except FunctionTimeoutError:
                text = "Endpoint request timed out"
            except TooManyInvocationsError:
                text = "Too Many Requests"
        if text is not None:
            try:
                await self._connections.send(connection, json.dumps(_error(event, text)).encode())
            except GoneError:
                log.info("the client of a failed message is gone")

    async def _disconnected(self, connection: Connection) -> None:
        handler = self._functions.websocket("$disconnect")
        if handler is None:
            return
        socket_ = connection.socket
        event = disconnect_event(
            self._api, connection.peer, socket_.close_code or 1006, socket_.close_reason or ""
        )
        try:
            await self._functions.invoke("websocket_disconnect", handler, event)
        except (FunctionError, FunctionTimeoutError, TooManyInvocationsError):
            log.warning("$disconnect failed; API Gateway does not repeat it either")

    async def _keep(self, connection: Connection) -> None:
        """Close the connection when it has been idle, or open, for too long."""
        ends_at = time.monotonic() + self._limits.lifetime_seconds
        while True:
            now = time.monotonic()
            idle_at = connection.active_at + self._limits.idle_seconds
            if now >= min(ends_at, idle_at):
                break
            await asyncio.sleep(min(ends_at, idle_at) - now)
        await connection.socket.close(GOING_AWAY, "Going away")

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _error(event: Event, message: str) -> dict[str, str]:
    context = event["requestContext"]
    return {
        "message": message,
        "connectionId": context["connectionId"],
        "requestId": context["requestId"],
    }


def _header(answer: dict[str, Any], name: str) -> str | None:
    headers = answer.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), None)


def _refusal(status: int, message: dict[str, str] | None, text: str = "") -> Response:
    body = (json.dumps(message) if message is not None else text).encode()
    try:
        reason = http.HTTPStatus(status).phrase
    except ValueError:
        reason = "Refused"
    headers = Headers(
        [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Connection", "close")]
    )
    return Response(status, reason, headers, body)
