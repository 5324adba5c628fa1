"""The way out of one session: numbers messages, writes the buffer, posts to the watchers."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from typing import Any, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import connections, iopub, payloads
from chalicelib.clients import Clients
from chalicelib.frames import dumps, packed
from chalicelib.messages import Message
from device_agent import metrics
from device_agent.flow import Flow
from device_agent.slots import Numbered, Slots
from device_agent.stream import Parcel, add, parcels
from device_agent.updates import Sized, Updates

log = logging.getLogger(__name__)
T = TypeVar("T")

JOIN_WITHIN = 0.02
"""Seconds for which a message waits for others to travel with."""
MAX_PENDING = 256 * 1024
"""Bytes that may wait, about an item and two frames: what is urgent leaves right behind them. A kernel that
sends faster than they leave has to wait, too, or has its output cut."""
_SLOT = 16 * 1024
_POSTS = 8
"""Posts of one session at a time: its watchers must not take the threads of all sessions."""
_POSTED_WITHIN = 0.002
"""Seconds for which the buffer's call waits, so that the post has the interpreter for itself to be made."""
_WRITE_WITHIN = 300.0
"""Seconds for which trouble with AWS is waited out, a minute or two is ordinary; the kernel waits, too."""
_LONGEST_PAUSE = 5.0


async def _always_sure() -> None: ...


class Outbox:
    """One flush at a time: API Gateway promises no order between posts that overlap.

    :param epoch: of the session's claim; a newer claim's writes refuse ours.
    :param threads: in which AWS calls block; those of asyncio if None.
    :param until_sure: waits until the session is certainly this device's: nothing leaves before.
    :param now: the time, seconds since 1970.
    """

    def __init__(
        self,
        aws: Clients,
        session_key: str,
        epoch: int,
        flow: Flow,
        threads: Executor | None = None,
        until_sure: Callable[[], Awaitable[None]] = _always_sure,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._aws = aws
        self._session_key = session_key
        self._epoch = epoch
        self._flow = flow
        self._told_left_out = 0
        self._updates = Updates()
        self._threads = threads
        self._until_sure = until_sure
        self._now = now
        self._sequence = 0
        self._watchers: dict[str, int] = {}
        self.knows_watchers = False
        self._posting = asyncio.Semaphore(_POSTS)
        self.slots = Slots()
        self._pending: list[Parcel] = []
        self._size = 0
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False
        self._made_at: float | None = time.monotonic()
        self.is_full = asyncio.Event()
        """Set once the session has put out more than it may."""
        self._empty = asyncio.Event()
        self._empty.set()

    async def room(self) -> None:
        """Wait while too much waits already."""
        await self._room.wait()

    def put(self, message: Message, size: int | None = None, urgent: bool = False) -> None:
        """Queue a message, or hold or leave it out if it is output and too much.

        :param size: of the message, in bytes, if that is known.
        :param urgent: nothing that belongs to it will follow, so it leaves at once.
        """
        self._offer(self._updates.offer(message, size))
        if urgent:
            self._urgent.set()

    def put_last_part(self) -> None:
        """The run has ended: what was held of its output leaves."""
        self._offer(self._updates.take())
        self._queue(self._flow.release(_steady()))

    def say_end(self, messages: Iterable[Message]) -> None:
        """Queue the last messages of the session, behind the last part of its output."""
        self._offer(self._updates.take())
        last = (parcel for message in messages for parcel in parcels(message))
        self._queue([*self._flow.release(_steady()), *last])
        self._urgent.set()

    def _offer(self, messages: list[Sized]) -> None:
        self._arrived.set()
        for message, size in messages:
            for parcel in parcels(message, size):
                self._queue(self._flow.offer(parcel, _steady()))

    def _queue(self, leaving: list[Parcel]) -> None:
        """Let the flush know, even of nothing: what is held may be due soon."""
        if self._closed:
            return
        for parcel in leaving:
            self._size += self._added(parcel)
            metrics.OUTPUT.inc(parcel.size)
        metrics.DROPPED.inc(self._flow.left_out - self._told_left_out)
        self._told_left_out = self._flow.left_out
        if leaving:
            self._empty.clear()
        self._arrived.set()
        if self._flow.exceeded:
            self.is_full.set()
        if self._size > MAX_PENDING:
            self._room.clear()

    def _added(self, parcel: Parcel) -> int:
        """Let it wait with the others.

        :returns: bytes as which it counts: what it costs, with the slot and thus the write that it may need.
        """
        last, waiting = self._pending[-1] if self._pending else None, len(self._pending)
        add(self._pending, parcel)
        if len(self._pending) == waiting:
            return parcel.size
        return parcel.cost + (_SLOT if last and last.scope[1] != parcel.scope[1] else 0)

    def watch(self, watchers: dict[str, int]) -> None:
        """Who watches now, each with the sequence up to which it has been served already."""
        self.knows_watchers = True
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
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), self._flow.wait(_steady()))
            self._queue(self._flow.sample(_steady()))
            if not self._urgent.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._urgent.wait(), JOIN_WITHIN)
            self._offer(self._updates.take())
            self._arrived.clear()
            self._urgent.clear()
            batch, self._pending, self._size = self._pending, [], 0
            self._room.set()
            await self._flush(batch)
            if batch and self._made_at is not None:
                self._told_first(time.monotonic() - self._made_at)
            if not self._pending:
                self._empty.set()

    def _told_first(self, seconds: float) -> None:
        """The session's first messages have left, so long after its claim."""
        self._made_at = None
        metrics.FIRST_OUTPUT.observe(seconds)
        metrics.SLOWEST_FIRST_OUTPUT.note(seconds)

    async def _flush(self, batch: list[Parcel]) -> None:
        numbered = [await self._numbered(parcel) for parcel in batch]
        await self._until_sure()
        # Posting begins first: a reader waits for it, nobody for the buffer.
        await asyncio.gather(self._post(numbered), self._write(numbered))

    async def _numbered(self, parcel: Parcel) -> Numbered:
        """The message with its sequence, its content put away if that is too large for a websocket."""
        self._sequence += 1
        message = cast(Message, {**parcel.message, "sequence": self._sequence})
        if parcel.size <= payloads.MAX_INLINE_BYTES // 2:
            numbered = Numbered(message, dumps(message))
            if numbered.size <= payloads.MAX_INLINE_BYTES:
                return numbered
        body = payloads.body(message)
        if len(body.encode()) > payloads.MAX_INLINE_BYTES:
            message = await self._patiently(payloads.store, message, body)
        return Numbered(message, dumps(message))

    async def _write(self, messages: list[Numbered]) -> None:
        if messages and self._watchers:
            await asyncio.sleep(_POSTED_WITHIN)
        for slot in self.slots.lay(messages):
            await self._patiently(iopub.put, self._epoch, slot, self._now())

    async def _patiently(self, call: Callable[..., T], *arguments: Any) -> T:
        """Make an AWS call; when the service throttles or fails, again, with pauses that grow."""
        pause, began = 0.1, time.monotonic()
        while True:
            await self._until_sure()
            try:
                return await self._thread(call, self._aws, self._session_key, *arguments)
            except (ClientError, BotoCoreError) as error:
                if time.monotonic() - began > _WRITE_WITHIN:
                    raise
                log.warning("could not write, trying again: %s", error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _thread(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    async def _post(self, messages: list[Numbered]) -> None:
        """Post to every watcher. One that is behind (new, or a post failed) gets the buffer's."""
        if not self._watchers:
            return
        texts = packed(map(self._linked, messages))
        first = self._sequence - len(messages) + 1
        missed = await self._missed(min(self._watchers.values()), first)
        served = [
            (name, after)
            for name, after in self._watchers.items()
            if after + 1 >= first or missed is not None
        ]
        await asyncio.gather(*(self._serve(name, after, missed or [], texts) for name, after in served))

    async def _missed(self, after: int, before: int) -> list[Message] | None:
        """What was sent between two sequences, read once for all who have missed any of it: it may be all
        that the session has put out.

        :returns: None when it cannot be read now.
        """
        if after + 1 >= before:
            return []
        try:
            found = await self._thread(iopub.replay, self._aws, self._session_key, after)
        except (ClientError, BotoCoreError):
            log.warning("could not read what watchers have missed", exc_info=True)
            return None
        return [message for message in found.messages if message["sequence"] < before]

    def _linked(self, numbered: Numbered) -> str:
        if "payload" not in numbered.message["metadata"]:
            return numbered.json
        return dumps(payloads.link(self._aws, self._session_key, numbered.message))

    async def _serve(self, connection_id: str, after: int, missed: list[Message], texts: list[str]) -> None:
        """:param missed: what was sent before, if anybody has missed any of it."""
        lacks = [message for message in missed if message["sequence"] > after]
        try:
            async with self._posting:
                is_there = await self._thread(self._send, connection_id, lacks, texts)
        except (ClientError, BotoCoreError):
            # It stays behind and is caught up from the buffer at the next flush.
            log.warning("could not post", exc_info=True)
            return
        if not is_there:
            # API Gateway tells the router, too, which removes its rows.
            self._watchers.pop(connection_id, None)
        elif connection_id in self._watchers:
            self._watchers[connection_id] = max(after, self._sequence)

    def _send(self, connection_id: str, lacks: list[Message], texts: list[str]) -> bool:
        """:returns: whether the connection is still there."""
        linked = (dumps(payloads.link(self._aws, self._session_key, message)) for message in lacks)
        frames = [*packed(linked), *texts]
        return not frames or connections.post_frames(self._aws, connection_id, frames)


def _steady() -> float:
    return asyncio.get_running_loop().time()
