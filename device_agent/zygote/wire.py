"""Messages with file descriptors over a Unix socket of kind SOCK_SEQPACKET; both sides use it."""

import asyncio
import json
import os
import socket
from collections.abc import Iterable
from typing import Any

Body = dict[str, Any]
_LARGEST = 64 * 1024
_MOST_DESCRIPTORS = 8


def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(to: socket.socket, body: Body, descriptors: Iterable[int] = ()) -> None:
    """:raises OSError: the other side has gone."""
    socket.send_fds(to, [json.dumps(body).encode()], list(descriptors))


def receive(connection: socket.socket) -> tuple[Body, list[int]]:
    """One message; blocking, if the socket is.

    :raises EOFError: the other side has gone, or said what is not a message.
    """
    data, descriptors, flags, _ = socket.recv_fds(connection, _LARGEST, _MOST_DESCRIPTORS)
    try:
        if not data or flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            raise EOFError("the other side has gone")
        body = json.loads(data)
        if not isinstance(body, dict):
            raise EOFError("not a message")
    except (EOFError, ValueError) as error:
        for descriptor in descriptors:
            os.close(descriptor)
        raise EOFError(str(error)) from error
    return body, descriptors


async def received(connection: socket.socket) -> tuple[Body, list[int]]:
    """`receive` for an event loop; the socket must not be blocking.

    :raises EOFError: the other side has gone.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            return receive(connection)
        except BlockingIOError:
            readable = loop.create_future()
            loop.add_reader(connection, _wake, readable)
            try:
                await readable
            finally:
                loop.remove_reader(connection)
        except OSError as error:
            raise EOFError(str(error)) from error


def _wake(readable: "asyncio.Future[None]") -> None:
    if not readable.done():
        readable.set_result(None)


__all__ = ["Body", "pair", "receive", "received", "send"]
