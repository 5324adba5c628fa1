"""Reads one channel of a kernel: in turns, so that no kernel takes the agent's time from the others."""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from jupyter_client.session import Session

from chalicelib.messages import Message
from device_agent.untrusted import as_message
from device_agent.zmtp import Channel

log = logging.getLogger(__name__)

Heard = tuple[Message, int]
"""A message, and how many bytes it had."""
_TURN_MESSAGES = 50
_TURN_BYTES = 1024 * 1024
_SHORTEST_PAUSE = 0.005
_MOST_CONTAINERS = 200_000


async def messages(channel: Channel, session: Session, name: str) -> AsyncIterator[Heard]:
    """What a kernel sends on a channel, without an end; what cannot be read is skipped."""
    while True:
        await channel.arrived()
        began, read, size = time.thread_time(), 0, 0
        while read < _TURN_MESSAGES and size < _TURN_BYTES:
            parts = channel.take()
            if parts is None:
                break
            length = sum(map(len, parts))
            read, size = read + 1, size + length
            if message := _read(parts, session, name):
                yield message, length
        else:
            # A flood: the others get at least as much of the time as it has taken.
            await asyncio.sleep(max(_SHORTEST_PAUSE, time.thread_time() - began))


def _parsed(part: bytes) -> Any:
    """JSON, or words in its place: to read 12 MB of `[]` would take the others' time, two seconds of it."""
    if part.count(b"[") + part.count(b"{") > _MOST_CONTAINERS:
        return {"data": {"text/plain": f"… more than {_MOST_CONTAINERS:,} lists and objects left out …"}}
    return json.loads(part)


def _read(parts: list[bytes], session: Session, channel: str) -> Message | None:
    """jupyter_client's `deserialize`, without its search for dates, which takes longer than all else."""
    try:
        found: Any = session.feed_identities(parts)
        signature, *signed = found[1]
        if not hmac.compare_digest(session.sign(signed[:4]), signature):
            raise ValueError("the signature is wrong")
        header, parent, metadata, content = map(_parsed, signed[:4])
        raw = {"header": header, "parent_header": parent, "metadata": metadata, "content": content}
        return as_message({**raw, "buffers": signed[4:]}, channel)
    except Exception as error:  # a kernel may send anything
        log.debug("a message could not be read: %r", error)
        return None
