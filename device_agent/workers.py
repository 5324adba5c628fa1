"""The workers of one run of the device: sessions come to them from the pool's queue, bells from its own."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from device_agent import room
from device_agent.doorbells import Doorbell, Doorbells
from device_agent.errors import AgentError, TooOld
from device_agent.worker import Services, Worker

log = logging.getLogger(__name__)
_LOOK_AGAIN_AFTER = 1.0


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
        self._room = asyncio.Condition()
        self._deletions: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._workers)

    def _all(self) -> list[Worker]:
        return list(self._workers.values())

    async def listen(self, own: Doorbells) -> None:
        """The device's own queue: something waits for one of its sessions."""
        async for doorbells in own.forever():
            for doorbell in doorbells:
                if worker := self._workers.get(doorbell.session_id):
                    worker.ring(doorbell.channel or "shell", doorbell.request)
            # The worker lives as long as the session does, so what it has noted is not lost.
            # The next poll does not wait for the deletion.
            for doorbell in doorbells:
                self._background(own.heard(doorbell))

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)

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
        """Claim a session and give it a worker; a queue message is deleted once the claim is recorded."""
        session_id = doorbell.session_id
        if known := self._workers.get(session_id):
            await self._hear_again(known, doorbell, new)
            return
        if self._stopping.is_set() or self._places() <= 0:
            await new.give_back(doorbell)
            return
        worker = self._workers[session_id] = Worker(self._services, session_id)
        claimed = False
        try:
            claimed = await worker.claim()
            if claimed:
                self._tasks[session_id] = asyncio.create_task(self._work(worker))
            await new.heard(doorbell)
        except TooOld as error:
            await new.give_back(doorbell)
            self._too_old(error)
        except AgentError as error:
            log.warning("could not claim session %s: %s", session_id, error)
        finally:
            if not claimed:
                del self._workers[session_id]

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
            await new.heard(doorbell)
        else:
            worker.give_up()
            await new.give_back(doorbell, after=1)

    async def _work(self, worker: Worker) -> None:
        try:
            await worker.run()
        finally:
            del self._workers[worker.session_id]
            del self._tasks[worker.session_id]
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

    async def drain(self, within: float, at_once: bool = False) -> None:
        """Every worker ends when what it runs has ended, or at once; wait for that so many seconds."""
        if not at_once:
            log.info("draining %s sessions", len(self))
        for worker in self._all():
            worker.drain(at_once)
        if tasks := list(self._tasks.values()):
            await asyncio.wait(tasks, timeout=within)
