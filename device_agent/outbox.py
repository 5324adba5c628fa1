"""The way out of one session: numbers messages, writes the buffer, posts to the watchers."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import connections, iopub, payloads
from chalicelib.clients import Clients
from chalicelib.messages import Message, frames
from device_agent.stream import Slots, cut, join

log = logging.getLogger(__name__)
T = TypeVar("T")

JOIN_WITHIN = 0.02
"""Seconds for which a message waits for others to travel with."""
MAX_PENDING = 4 * 1024 * 1024
"""Characters that may wait; a kernel that prints faster than they leave has to wait, too."""
_WRITE_WITHIN = 300.0
"""Seconds for which trouble with AWS is waited out, a minute or two is ordinary; the kernel waits, too."""
_LONGEST_PAUSE = 5.0


async def _always_sure() -> None: ...


class Outbox:
    """One flush at a time: API Gateway promises no order between posts that overlap.

    :param epoch: of the session's claim; a newer claim's writes refuse ours.
    :param gone: called with a connection id that no longer exists.
    :param until_sure: waits until the session is certainly this device's: nothing leaves before.
    :param now: the time, seconds since 1970.
    """

    def __init__(
        self,
        aws: Clients,
        session_key: str,
        epoch: int,
        gone: Callable[[str], None],
        until_sure: Callable[[], Awaitable[None]] = _always_sure,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._aws = aws
        self._until_sure = until_sure
        self._now = now
        self._session_key = session_key
        self._epoch = epoch
        self._sequence = 0
        self._gone = gone
        self._watchers: dict[str, int] = {}
        self.slots = Slots()
        self._pending: list[Message] = []
        self._size = 0
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False
        self._empty = asyncio.Event()
        self._empty.set()

    async def send(self, message: Message, urgent: bool = False) -> None:
        """Queue a message; waits while too much waits already.

        :param urgent: nothing that belongs to it will follow, so it leaves at once.
        """
        await self._room.wait()
        if self._closed:
            return
        for part in cut(message):
            join(self._pending, part)
        self._size += len(payloads.body(message))
        self._empty.clear()
        self._arrived.set()
        if urgent:
            self._urgent.set()
        if self._size > MAX_PENDING:
            self._room.clear()

    def watch(self, watchers: dict[str, int]) -> None:
        """Who watches now, each with the sequence up to which it has been served already."""
        for connection_id, after in watchers.items():
            self._watchers.setdefault(connection_id, after)
        for connection_id in self._watchers.keys() - watchers.keys():
            del self._watchers[connection_id]
        self._arrived.set()
        self._urgent.set()

    async def flushed(self, timeout: float) -> None:
        """Wait until all has left, or `timeout` seconds have passed."""
        self._urgent.set()
        try:
            await asyncio.wait_for(self._empty.wait(), timeout)
        except TimeoutError:
            log.warning("%s messages did not leave in time", len(self._pending))

    async def run(self) -> None:
        """Flush for as long as the session lives.

        When it ends, for whatever reason, what would still be sent is dropped: nobody waits for it for ever.

        :raises chalicelib.errors.StaleLease: the session belongs to somebody newer.
        """
        try:
            await self._flush_for_ever()
        finally:
            self._closed = True
            self._room.set()
            self._empty.set()

    async def _flush_for_ever(self) -> None:
        while True:
            await self._arrived.wait()
            if not self._urgent.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._urgent.wait(), JOIN_WITHIN)
            self._arrived.clear()
            self._urgent.clear()
            batch, self._pending, self._size = self._pending, [], 0
            self._room.set()
            await self._flush(batch)
            if not self._pending:
                self._empty.set()

    async def _flush(self, batch: list[Message]) -> None:
        stored = [await self._numbered(message) for message in batch]
        await self._until_sure()
        # Posting begins first: a reader waits for it, nobody for the buffer.
        await asyncio.gather(self._post(stored), self._write(stored))

    async def _numbered(self, message: Message) -> Message:
        """The message with its sequence, its content put away if that is too large for a websocket."""
        self._sequence += 1
        body = payloads.body(message)
        if len(body.encode()) > payloads.MAX_INLINE_BYTES:
            message = await self._patiently(payloads.store, message, body)
        message["sequence"] = self._sequence
        return message

    async def _write(self, messages: list[Message]) -> None:
        for slot in self.slots.lay(messages):
            await self._patiently(iopub.put, self._epoch, slot, self._now())

    async def _patiently(self, call: Callable[..., T], *arguments: Any) -> T:
        """Make an AWS call; when the service throttles or fails, again, with pauses that grow."""
        pause, began = 0.1, time.monotonic()
        while True:
            await self._until_sure()
            try:
                return await asyncio.to_thread(call, self._aws, self._session_key, *arguments)
            except (ClientError, BotoCoreError) as error:
                if time.monotonic() - began > _WRITE_WITHIN:
                    raise
                log.warning("could not write, trying again: %s", error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _post(self, messages: list[Message]) -> None:
        """Post to every watcher. One that is behind (new, or a post failed) gets the buffer's."""
        if not self._watchers:
            return
        linked = [payloads.link(self._aws, self._session_key, message) for message in messages]
        texts = frames(linked)
        first = self._sequence - len(messages) + 1
        await asyncio.gather(
            *(self._serve(name, after, first, texts) for name, after in list(self._watchers.items()))
        )

    async def _serve(self, connection_id: str, after: int, first: int, texts: list[str]) -> None:
        try:
            if after + 1 < first:
                missed = await asyncio.to_thread(self._missed, after, first)
                texts = frames(missed) + texts
            if texts and not await asyncio.to_thread(
                connections.post_frames, self._aws, connection_id, texts
            ):
                self._watchers.pop(connection_id, None)
                self._gone(connection_id)
                return
        except (ClientError, BotoCoreError):
            # It stays behind and is caught up from the buffer at the next flush.
            log.warning("could not post", exc_info=True)
            return
        if connection_id in self._watchers:
            self._watchers[connection_id] = max(after, self._sequence)

    def _missed(self, after: int, before: int) -> list[Message]:
        found = iopub.replay(self._aws, self._session_key, after).messages
        return [
            payloads.link(self._aws, self._session_key, message)
            for message in found
            if message["sequence"] < before
        ]
