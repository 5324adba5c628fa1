"""A channel to a kernel: ZMTP 3.0 over a Unix socket, with a bound on what a kernel can make the agent hold.

libzmq bounds a part of a message, but not how many parts there are: a kernel that never ends a message could
fill the agent's memory. Source: rfc.zeromq.org/spec/23, of which this is a client's side without security.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Iterable
from typing import Literal

Kind = Literal["SUB", "DEALER"]

MAX_MESSAGE = 13 * 1024 * 1024
"""Bytes of one message. A kernel that sends more is cut off."""
_MAX_PARTS = 1024
_MAX_WAITING, _MAX_WAITING_BYTES = 64, 4 * 1024 * 1024
"""What is received of messages before they are taken; then the kernel has to wait."""
_MAX_UNSENT = 8 * 1024 * 1024
"""Bytes that wait for a kernel that takes nothing."""
_MAX_COMMANDS = 1024
_MORE, _LONG, _COMMAND = 1, 2, 4
_GREETING_LENGTH = 64
_GREETING = (b"\xff" + bytes(8) + b"\x7f\x03\x00NULL").ljust(_GREETING_LENGTH, b"\0")
_READY = b"\x05READY"
_ALL_TOPICS = b"\x01"


class Channel(asyncio.Protocol):
    """One connection. Use `Channel.connect`, then `close`."""

    def __init__(self, kind: Kind, identity: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._kind = kind
        self._identity = identity
        self._buffer = bytearray()
        self._greeted = False
        self._parts: list[bytes] = []
        self._size = 0
        self._commands = 0
        self._messages: deque[list[bytes]] = deque()
        self._waiting = 0
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._open: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        """Why the channel is lost, as `computation_end` says it."""

    @classmethod
    async def connect(cls, path: str, kind: Kind, identity: bytes) -> "Channel":
        """:raises OSError: nobody listens there, or whoever does has closed, or does not speak ZMTP 3.0."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_unix_connection(lambda: cls(kind, identity), path)
        try:
            await channel._open
        except BaseException:
            channel.close()
            raise
        return channel

    def close(self) -> None:
        self._transport.abort()

    async def arrived(self) -> None:
        """Wait until there is something to take; for ever, when the channel is lost."""
        await self._arrived.wait()

    def take(self) -> list[bytes] | None:
        """The parts of the next message, None while there is none."""
        if not self._messages:
            return None
        message = self._messages.popleft()
        self._waiting -= sum(map(len, message))
        if not self._messages:
            self._parse()
        return message

    async def send(self, parts: Iterable[bytes]) -> None:
        """Send a message; waits while too much waits for the kernel. When the channel is lost, so is this."""
        await self._writable.wait()
        *first, last = parts
        if not self.lost.done():
            self._transport.write(b"".join([*(_frame(_MORE, part) for part in first), _frame(0, last)]))

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        transport.set_write_buffer_limits(high=_MAX_UNSENT)
        transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._parse()

    def connection_lost(self, error: Exception | None) -> None:
        self._lose("kernel_died")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _lose(self, reason: str) -> None:
        self._writable.set()
        if not self.lost.done():
            self.lost.set_result(reason)
        if not self._open.done():
            self._open.set_exception(ConnectionError("the kernel does not speak ZMTP 3.0"))
        self._transport.abort()

    # What the kernel has sent

    @property
    def _has_room(self) -> bool:
        return len(self._messages) < _MAX_WAITING and self._waiting < _MAX_WAITING_BYTES

    def _parse(self) -> None:
        """Take whole frames from the buffer while there is room for messages; then read no more."""
        position = 0
        while self._has_room:
            end = self._frame_at(position) if self._greeted else self._greeting()
            if end is None:
                break
            position = end
        del self._buffer[:position]
        if self._messages:
            self._arrived.set()
        else:
            self._arrived.clear()
        if self._has_room:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _greeting(self) -> int | None:
        if len(self._buffer) < _GREETING_LENGTH:
            return None
        if self._buffer[0] != 0xFF or self._buffer[9] != 0x7F or self._buffer[10] < 3:
            self._lose("kernel_died")
            return None
        self._greeted = True
        ready = _property(b"Socket-Type", self._kind.encode()) + _property(b"Identity", self._identity)
        self._transport.write(_frame(_COMMAND, _READY + ready))
        return _GREETING_LENGTH

    def _frame_at(self, start: int) -> int | None:
        """:returns: where the frame ends, None when it is not whole."""
        buffer = self._buffer
        if len(buffer) < start + 2:
            return None
        flags, length, body = buffer[start], buffer[start + 1], start + 2
        if flags & _LONG:
            body = start + 9
            if len(buffer) < body:
                return None
            (length,) = struct.unpack_from(">Q", buffer, start + 1)
        if self._size + length > MAX_MESSAGE or len(self._parts) >= _MAX_PARTS:
            self._lose("limit:output")
            return None
        if len(buffer) < body + length:
            return None
        part = bytes(memoryview(buffer)[body : body + length])
        if flags & _COMMAND:
            self._command(part)
        else:
            self._part(part, bool(flags & _MORE))
        return body + length

    def _command(self, body: bytes) -> None:
        """Of all commands only the end of the handshake says something to a client."""
        self._commands += 1
        if self._commands > _MAX_COMMANDS:
            self._lose("limit:output")
        elif body.startswith(_READY) and not self._open.done():
            if self._kind == "SUB":
                self._transport.write(_frame(0, _ALL_TOPICS))
            self._open.set_result(None)

    def _part(self, part: bytes, more: bool) -> None:
        self._parts.append(part)
        self._size += len(part)
        if not more:
            self._messages.append(self._parts)
            self._waiting += self._size
            self._parts, self._size = [], 0


def _frame(flags: int, body: bytes) -> bytes:
    if len(body) < 256:
        return struct.pack("BB", flags, len(body)) + body
    return struct.pack(">BQ", flags | _LONG, len(body)) + body


def _property(name: bytes, value: bytes) -> bytes:
    return struct.pack("B", len(name)) + name + struct.pack(">I", len(value)) + value
