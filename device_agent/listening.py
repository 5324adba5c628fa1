"""Reads one channel of a kernel: in turns, so that no kernel takes the agent's time from the others."""

import asyncio
import contextlib
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.session import Session
from zmq.utils.monitor import recv_monitor_message

from chalicelib.messages import Message
from device_agent.untrusted import as_message

log = logging.getLogger(__name__)

MAX_MESSAGE = 13 * 1024 * 1024
"""Bytes of one part of a message. libzmq drops the connection of a kernel that sends more."""
MAX_WAITING = 4
"""Messages of one channel that are received before they are read; then the kernel has to wait. Each may be
as large as a message can be. As many as libzmq's thousand would be read little faster."""
Heard = tuple[Message, int]
"""A message, and how many bytes it had."""
_AT_ONCE = int(zmq.NOBLOCK)
_TURN_MESSAGES = 50
_TURN_BYTES = 1024 * 1024
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 0.05
_RECONNECTS_WITHIN = 0.5


def bound(context: zmq.asyncio.Context) -> None:
    """Give the sockets that this context makes from here on limits of what they take."""
    context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE)
    context.setsockopt(zmq.RCVHWM, MAX_WAITING)


async def messages(socket: zmq.asyncio.Socket, session: Session, channel: str) -> AsyncIterator[Heard]:
    """What a kernel sends on a channel, for as long as the socket lives; what cannot be read is skipped."""
    # Futures for messages that are there already would cost more than the messages do.
    plain: zmq.Socket[bytes] = zmq.Socket.shadow(socket.underlying)
    while True:
        await socket.poll()
        began, read, size = time.thread_time(), 0, 0
        while read < _TURN_MESSAGES and size < _TURN_BYTES:
            try:
                parts = plain.recv_multipart(_AT_ONCE)
            except zmq.Again:
                break
            length = sum(map(len, parts))
            read, size = read + 1, size + length
            if message := _read(parts, session, channel):
                yield message, length
        else:
            # A flood: the others get at least as much of the time as it has taken.
            pause = time.thread_time() - began
            await asyncio.sleep(min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, pause)))


def _read(parts: list[bytes], session: Session, channel: str) -> Message | None:
    """jupyter_client's `deserialize`, without its search for dates, which takes longer than all else."""
    try:
        found: Any = session.feed_identities(parts)
        signature, *signed = found[1]
        if not hmac.compare_digest(session.sign(signed[:4]), signature):
            raise ValueError("the signature is wrong")
        header, parent, metadata, content = [json.loads(part) for part in signed[:4]]
        raw = {"header": header, "parent_header": parent, "metadata": metadata, "content": content}
        return as_message({**raw, "buffers": signed[4:]}, channel)
    except Exception as error:  # a kernel may send anything
        log.debug("a message could not be read: %r", error)
        return None


async def cut_off(sockets: dict[str, zmq.asyncio.Socket]) -> str:
    """Wait until a channel is lost for good.

    libzmq tells nobody that a message was too large: the connection is dropped and not made again. When the
    kernel itself has dropped it, libzmq tries to make it again.

    :returns: why, as `computation_end` says it.
    """
    watches = [asyncio.create_task(_lost(socket)) for socket in sockets.values()]
    try:
        done, _ = await asyncio.wait(watches, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for watch in watches:
            watch.cancel()


async def _lost(socket: zmq.asyncio.Socket) -> str:
    events = zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED | zmq.EVENT_CONNECT_DELAYED
    monitor: Any = socket.get_monitor_socket(events)
    try:
        await _event(monitor, zmq.EVENT_DISCONNECTED)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RECONNECTS_WITHIN):
                await _event(monitor, zmq.EVENT_CONNECT_RETRIED | zmq.EVENT_CONNECT_DELAYED)
                return "kernel_died"
        return "limit:output"
    finally:
        socket.disable_monitor()


async def _event(monitor: Any, wanted: int) -> None:
    while not (await recv_monitor_message(monitor))["event"] & wanted:
        pass
