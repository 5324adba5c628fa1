"""The workers of one run of the device: sessions come to them from the pool's queue, bells from its own."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from device_agent import room
from device_agent.doorbells import Doorbell, Doorbells
from device_agent.errors import FINAL, AgentError, TooOld
from device_agent.worker import Services, Worker

log = logging.getLogger(__name__)
_LOOK_AGAIN_AFTER = 1.0
_CLAIM_AGAIN_AFTER = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds; together as long as a queue hides a message, which then brings the session again."""
_REMEMBERED = 1000


class Workers:
    """At most `capacity` sessions, each with its worker.

    :param stopping: set when no new sessions shall be taken any more.
    :param too_old: called when the service gives this agent no sessions since it is too old.
    """

    def __init__(
        self, services: Services, capacity: int, stopping: asyncio.Event, too_old: Callable[[TooOld], None]
    ) -> None:
        self._services = services
        self._capacity = capacity
        self._stopping = stopping
        self._too_old = too_old
        self._workers: dict[str, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._over: dict[str, None] = {}
        """Sessions that were here, or another's, of late: a bell for one of them comes too late."""
        self._room = asyncio.Condition()
        self._begun: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._workers)

    def _all(self) -> list[Worker]:
        return list(self._workers.values())

    async def listen(self, own: Doorbells) -> None:
        """The device's own queue: something waits for one of its sessions."""
        async for doorbells in own.forever():
            for doorbell in doorbells:
                # The next poll does not wait for what this takes.
                if worker := self._workers.get(doorbell.session_id):
                    worker.ring(doorbell.channel or "shell", doorbell.request)
                    if worker.has_claimed:
                        # It lives as long as the session does, so what it has noted is not lost.
                        own.heard(doorbell)
                elif doorbell.session_id in self._over:
                    own.heard(doorbell)
                else:
                    self._background(self._adopt(doorbell, own))

    async def _adopt(self, doorbell: Doorbell, own: Doorbells) -> None:
        """The service takes a session for this device's that has no worker: the answer to its claim was lost.

        Nobody else is given it. Without room for it the bell stays in the queue, and is heard again.
        """
        if worker := self._workers.get(doorbell.session_id):  # another bell was first
            worker.ring(doorbell.channel or "shell", doorbell.request)
        elif not self._stopping.is_set() and self._places() > 0:
            await self._begin(doorbell, own)

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def take(self, new: Doorbells) -> None:
        """The pool's queue, polled only while there is room for a session.

        It ends by itself when the agent stops: a poll that were cut off could still get a message, which
        nobody would hear until the queue shows it again. What the last poll brings is given back.
        """
        while not self._stopping.is_set():
            await self._until_there_is_room()
            async for doorbells in new.forever(self._places):
                await asyncio.gather(*(self._begin(doorbell, new) for doorbell in doorbells))
                if self._stopping.is_set() or self._places() <= 0:
                    break

    async def _until_there_is_room(self) -> None:
        """A place is free when a session ends; memory, when any program of the host gives some back."""
        told = ""
        while self._places() <= 0 and not self._stopping.is_set():
            why = "no kernel starts" if self._services.pool.fails else "too little memory is free"
            if len(self) < self._capacity and why != told:
                log.warning("no session is taken: %s", why)
                told = why
            with contextlib.suppress(TimeoutError):
                async with self._room, asyncio.timeout(_LOOK_AGAIN_AFTER):
                    await self._room.wait()

    def _places(self) -> int:
        free = self._capacity - len(self)
        has_memory = room.has_memory(self._services.settings.capacity)
        return free if free > 0 and has_memory and not self._services.pool.fails else 0

    async def _begin(self, doorbell: Doorbell, new: Doorbells) -> None:
        """Claim a session and give it a worker, now or as soon as the service answers."""
        session_id = doorbell.session_id
        if known := self._workers.get(session_id):
            await self._hear_again(known, doorbell, new)
            return
        if self._stopping.is_set() or self._places() <= 0:
            await new.give_back(doorbell)
            return
        worker = self._workers[session_id] = Worker(self._services, session_id)
        self._over.pop(session_id, None)
        if not await self._claim(worker, doorbell, new):
            self._background(self._claim_again(worker, doorbell, new))

    async def _claim(self, worker: Worker, doorbell: Doorbell, queue: Doorbells) -> bool:
        """Let the worker claim its session; the queue's message is deleted once the claim is recorded.

        :returns: False when the claim may be recorded though the service has not said so.
        """
        claimed = unsure = False
        try:
            claimed = await worker.claim()
            if claimed:
                self._tasks[worker.session_id] = asyncio.create_task(self._work(worker))
            else:
                self._note_over(worker.session_id)
            queue.heard(doorbell)
        except TooOld as error:
            await queue.give_back(doorbell)
            self._too_old(error)
        except AgentError as error:
            log.warning("could not claim session %s: %s", worker.session_id, error)
            unsure = not isinstance(error, FINAL)
        finally:
            if not claimed and not unsure:
                del self._workers[worker.session_id]
        return not unsure

    async def _claim_again(self, worker: Worker, doorbell: Doorbell, queue: Doorbells) -> None:
        """A claim whose answer was lost keeps the session from others: it is made again for a while."""
        for pause in _CLAIM_AGAIN_AFTER:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            if self._stopping.is_set():
                break
            if await self._claim(worker, doorbell, queue):
                return
        del self._workers[worker.session_id]

    def _note_over(self, session_id: str) -> None:
        self._over[session_id] = None
        if len(self._over) > _REMEMBERED:
            del self._over[next(iter(self._over))]

    async def _hear_again(self, worker: Worker, doorbell: Doorbell, new: Doorbells) -> None:
        """The pool rings for a session that has a worker: it has more for it, or was given up meanwhile."""
        if not worker.has_claimed:
            await new.give_back(doorbell, after=1)
            return
        try:
            is_current = await worker.is_current()
        except AgentError as error:
            log.warning("could not ask about session %s: %s", doorbell.session_id, error)
            return  # it is heard again
        if is_current:
            worker.ring("shell")
            new.heard(doorbell)
        else:
            worker.give_up()
            await new.give_back(doorbell, after=1)

    async def _work(self, worker: Worker) -> None:
        try:
            await worker.run()
        finally:
            del self._workers[worker.session_id]
            del self._tasks[worker.session_id]
            self._note_over(worker.session_id)
            async with self._room:
                self._room.notify_all()

    def doubt(self) -> None:
        """Each session may be another's now: its worker asks."""
        for worker in self._all():
            worker.doubt()

    def give_up(self) -> None:
        """Every session is another's now."""
        for worker in self._all():
            worker.give_up()

    async def drain(self, within: float, at_once: bool = False, patiently: bool = False) -> None:
        """Every worker ends when what it runs has ended, or at once; wait for that so many seconds.

        :param patiently: those that live go on until they end by themselves.
        """
        if not at_once:
            log.info("draining %s sessions", len(self))
        for worker in () if patiently else self._all():
            worker.drain(at_once)
        if tasks := list(self._tasks.values()):
            await asyncio.wait(tasks, timeout=within)
