"""The open websockets, and `@connections`: posting to one, asking for it, closing it."""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import unquote

from aiohttp import web
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from infra.local.gateway.events import Peer
from infra.local.gateway.limits import Limits, TokenBucket
from infra.local.gateway.meter import Meter
from infra.local.signatures import complaint


class GoneError(Exception):
    """The connection does not exist: not yet, no more or never."""


@dataclass(eq=False)
class Connection:
    """A websocket whose `$connect` has returned."""

    peer: Peer
    socket: ServerConnection
    active_at: float = field(default_factory=time.monotonic)
    last_active: float = field(default_factory=time.time)

    def touch(self) -> None:
        """Note that something went in or out: the idle time starts anew."""
        self.active_at = time.monotonic()
        self.last_active = time.time()


class Connections:
    """All connections by id."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_id: dict[str, Connection] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, connection: Connection) -> None:
        """Make a connection known; from here on it can be posted to."""
        self._by_id[connection.peer.connection_id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a connection; posting to it is Gone."""
        self._by_id.pop(connection.peer.connection_id, None)

    def get(self, connection_id: str) -> Connection:
        """Return a connection. Raises GoneError."""
        try:
            return self._by_id[connection_id]
        except KeyError:
            raise GoneError from None

    async def send(self, connection: Connection, data: bytes) -> None:
        """Send one text message, cut into frames that API Gateway's limit allows.

        Raises GoneError when the client is gone, or reads nothing for `send_seconds` (it is closed then).
        """
        size = self._limits.frame_bytes
        frames: list[bytes] | bytes = data
        if len(data) > size:
            frames = [data[start : start + size] for start in range(0, len(data), size)]
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await connection.socket.send(frames, text=True)
        except TimeoutError as error:
            connection.socket.transport.abort()
            raise GoneError from error
        except ConnectionClosed as error:
            raise GoneError from error
        connection.touch()


class ConnectionsApi:
    """`POST`, `GET` and `DELETE /<stage>/@connections/<id>` with the errors that boto3 knows.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    """

    def __init__(self, connections: Connections, limits: Limits, bucket: TokenBucket, meter: Meter) -> None:
        self._connections = connections
        self._meter = meter
        self._limits = limits
        self._bucket = bucket
        self._methods: dict[str, Callable[[Connection, web.Request], Awaitable[web.Response]]] = {
            "POST": self._post,
            "GET": self._get,
            "DELETE": self._delete,
        }

    async def handle(self, request: web.Request, connection_id: str) -> web.Response:
        """Answer one request; `connection_id` is still percent-encoded."""
        if not request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256"):
            return failure(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        if words := complaint(request.headers.get("X-Amz-Date")):
            return failure(403, "InvalidSignatureException", words)
        if self._limits.is_throttling and not self._bucket.take():
            return failure(429, "LimitExceededException", "Rate exceeded")
        method = self._methods.get(request.method)
        if method is None:
            return failure(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        name = unquote(connection_id)
        if not _is_connection_id(name):
            return failure(400, "BadRequestException", f"Invalid connectionId: {name}")
        try:
            return await method(self._connections.get(name), request)
        except GoneError:
            return failure(410, "GoneException", None)

    async def _post(self, connection: Connection, request: web.Request) -> web.Response:
        too_large = failure(413, "PayloadTooLargeException", "Message too long")
        if (request.content_length or 0) > self._limits.message_bytes:
            return too_large
        data = await request.read()
        if len(data) > self._limits.message_bytes:
            return too_large
        try:
            data.decode()
        except UnicodeDecodeError:
            return failure(400, "BadRequestException", "The data is not UTF-8 text")
        await self._connections.send(connection, data)
        self._meter.passed("out", len(data))
        return web.Response(status=200)

    async def _get(self, connection: Connection, _: web.Request) -> web.Response:
        peer = connection.peer
        return web.json_response(
            {
                "connectedAt": _iso(peer.connected_at / 1000),
                "identity": {"sourceIp": peer.source_ip, "userAgent": peer.user_agent},
                "lastActiveAt": _iso(connection.last_active),
            }
        )

    async def _delete(self, connection: Connection, _: web.Request) -> web.Response:
        self._connections.remove(connection)
        closing = asyncio.create_task(connection.socket.close(1000, "Connection Closed Normally"))
        await asyncio.wait([closing], timeout=self._limits.send_seconds)
        return web.Response(status=204)


def failure(status: int, error_type: str, message: str | None) -> web.Response:
    """Return an error in the shape that AWS's clients map to an exception."""
    return web.Response(
        status=status,
        text=json.dumps({"message": message}),
        content_type="application/json",
        headers={"x-amzn-ErrorType": error_type},
    )


def _is_connection_id(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 11
    except (binascii.Error, ValueError):
        return False


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
