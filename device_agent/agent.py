"""The device: hears of sessions, gives each a worker, keeps its leases, and drains when told to stop."""

import asyncio
import contextlib
import dataclasses
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from chalicelib import VERSION
from device_agent import machine, metrics, notify, room
from device_agent.aws import device_clients, sign_by
from device_agent.doorbells import Doorbell, Doorbells
from device_agent.errors import FINAL, AgentError, RunOver, TooOld
from device_agent.heart import Heart
from device_agent.joining import Joined, check, join
from device_agent.lease import Lease
from device_agent.policy import Policy
from device_agent.pool import KernelPool
from device_agent.router import Body, Router
from device_agent.settings import AgentSettings
from device_agent.status import Status
from device_agent.worker import Services, Worker

log = logging.getLogger(__name__)

_LOOK_AGAIN_AFTER = 5.0
_END_WITHIN = 10.0
_TELL_EVERY = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


class Agent:
    """One run of a device: from `run` until `stop` was called and all was finished or handed over."""

    def __init__(
        self, settings: AgentSettings, make_pool: Callable[[AgentSettings, Policy], KernelPool] = KernelPool
    ) -> None:
        self._settings = settings
        self._make_pool = make_pool
        self._router = Router(settings.api_url)
        self._capacity = room.sessions_that_fit(settings.capacity)
        self._workers: dict[str, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Condition()
        self._deletions: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._drain_within = settings.drain_timeout
        self._too_old: TooOld | None = None
        self._status = Status(
            pid=os.getpid(), sandbox=settings.sandbox, api_url=settings.api_url, capacity=self._capacity
        )
        self._heart: Heart | None = None
        self._become("starting", "")

    def stop(self, reason: str = "stopped", within: float | None = None) -> None:
        """Drain: take no new sessions, finish or hand over what there is.

        :param within: seconds that what runs may go on, if not as set.
        """
        if within is not None:
            self._drain_within = within
        if not self._stopping.is_set():
            self._become("draining", reason)
            self._stopping.set()

    async def run(self) -> None:
        """Enrol if need be, start, serve until `stop`.

        :raises Refused, Revoked: the device's token is not accepted, or the device was revoked.
        :raises Superseded: another process has started as this device.
        :raises Unreachable: the service does not answer at the start.
        :raises ClockSkewed, TooOld, TooWeak, Misconfigured: the device cannot serve its pool as it is.
        """
        reason = "failed"
        try:
            joined: Joined | None = await join(self._router, self._settings)
            while joined:
                is_given_up = await self._is_given_up(joined)
                joined = await self._join_again() if is_given_up else None
            reason = self._status.reason
            if self._too_old:
                raise self._too_old
        except AgentError as error:
            reason = str(error)
            raise
        finally:
            if self._heart:
                await self._heart.stop(reason[:200])
            self._become("stopped", reason)

    async def _is_given_up(self, joined: Joined) -> bool:
        """One run, to its end.

        :returns: whether the service has given it up, since it had not heard of the device for long.
        """
        lease = Lease(joined.lease, joined.since)
        heart = Heart(self._router, self._beat, lease, self._doubt, self._refused_as_too_old)
        self._heart = heart
        self._know(joined, heart)
        check(joined, self._settings)
        await self._open(joined, lease)
        try:
            await self._serve(heart, joined.heartbeat_interval)
        except RunOver as error:
            log.warning("%s", error)
            self._become("starting", str(error))
            return True
        return False

    async def _join_again(self) -> Joined | None:
        """The next run: trouble on the way is waited out, until the agent is stopped."""
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                return await join(self._router, self._settings)
            except FINAL:
                raise
            except AgentError as error:
                log.warning("could not start again, trying in %.0f s: %s", pause, error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return None

    def _doubt(self) -> None:
        """Each session may be another's now: its worker asks."""
        for worker in self._workers.values():
            worker.doubt()

    async def _open(self, joined: Joined, lease: Lease) -> None:
        """All that sessions need: queues, AWS clients, ready kernels."""
        sign_by(self._router.clock)
        aws = device_clients(self._router, joined.service)
        self._pool = self._make_pool(self._settings, joined.policy)
        self._services = Services(self._settings, self._router, aws, self._pool, joined.run, lease)
        # Made here, in one thread: the first use of a client reads files.
        sqs = await asyncio.to_thread(lambda: (aws.dynamodb, aws.s3, aws.connections, aws.sqs)[-1])
        self._new = Doorbells(sqs, joined.pool_queue)
        self._own = Doorbells(sqs, joined.device_queue)
        self._pool.start()
        metrics.READY.set_function(lambda: self._pool.ready)
        self._become("online", "started")
        log.info("the device is online, run %s, pool %s", joined.run, joined.device.pool)

    # How it is

    def _know(self, joined: Joined, heart: Heart) -> None:
        device = joined.device
        self._note(device_id=device.device_id, pool=device.pool, labels=device.labels, run=joined.run)
        level = self._settings.sandbox
        facts = {"version": VERSION, "sandbox": level, "pool": device.pool, "device": device.device_id}
        metrics.AGENT.info(facts)
        metrics.CAPACITY.set(self._capacity)
        metrics.SESSIONS.set_function(lambda: len(self._workers))
        metrics.HEARTBEAT_AGE.set_function(lambda: time.time() - heart.answered_at)

    def status(self) -> Status:
        """How the agent is now."""
        self._note(
            sessions=len(self._workers),
            cpu=machine.load(),
            free_memory_mb=machine.free_memory_mb(),
            skew=round(self._router.skew, 1),
        )
        if self._heart:
            self._note(heartbeat_at=self._heart.answered_at, trouble=self._heart.trouble)
        return self._status

    async def answer(self, request: Body) -> AsyncIterator[Body]:
        """What the other commands ask: how it is; or to drain, which is told of until nothing is left."""
        if request.get("command") == "drain":
            within = request.get("within")
            self.stop("asked to drain", within if isinstance(within, int | float) else None)
            while self._status.state != "stopped":
                yield self.status().__dict__
                await asyncio.sleep(_TELL_EVERY)
        yield self.status().__dict__

    def _note(self, **values: Any) -> None:
        self._status = dataclasses.replace(self._status, **values)

    def _become(self, state: str, reason: str) -> None:
        self._note(state=state, reason=reason, since=time.time())
        self.status().save(self._settings.state_dir)
        notify.notify({"online": "READY=1", "draining": "STOPPING=1"}.get(state, f"STATUS={state}"))

    def _beat(self) -> Body:
        now = self.status()
        now.save(self._settings.state_dir)
        notify.notify(f"STATUS={now.state}, {now.sessions} of {now.capacity} sessions")
        names = ("run", "reason", "version", "sandbox", "sessions", "capacity", "cpu", "free_memory_mb")
        told = {name: getattr(now, name) for name in names}
        return {**told, "state": "draining" if self._stopping.is_set() else "online"}

    def _refused_as_too_old(self, error: TooOld) -> None:
        if self._too_old is None:
            log.error("no more sessions are taken: %s", error)
            self._too_old = error
            self.stop("its agent is too old")

    # What it does

    async def _serve(self, heart: Heart, heartbeat_interval: float) -> None:
        beating = asyncio.create_task(heart.run(heartbeat_interval))
        listening = asyncio.create_task(self._listen())
        taking = asyncio.create_task(self._take_new())
        stopped = asyncio.create_task(self._stopping.wait())
        helping = asyncio.create_task(notify.keep_alive())
        tasks = (beating, listening, taking, stopped)
        try:
            await _until_one_ends(*tasks)
            draining = asyncio.create_task(self._drain())
            await _until_one_ends(beating, listening, draining)
        except RunOver:
            for worker in self._workers.values():
                worker.give_up()
            raise
        finally:
            await self._end_at_once()
            for task in (*tasks, helping):
                task.cancel()
            await self._pool.close()

    async def _listen(self) -> None:
        """The device's own queue: something waits for one of its sessions."""
        async for doorbells in self._own.forever():
            for doorbell in doorbells:
                if worker := self._workers.get(doorbell.session_id):
                    worker.ring(doorbell.channel or "shell", doorbell.request)
            # The worker lives as long as the session does, so what it has noted is not lost.
            # The next poll does not wait for the deletion.
            for doorbell in doorbells:
                self._background(self._own.heard(doorbell))

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)

    async def _take_new(self) -> None:
        """The pool's queue, polled only while there is room for a session.

        It ends by itself when the agent stops: a poll that were cut off could still get a message, which
        nobody would hear until the queue shows it again. What the last poll brings is given back.
        """
        while not self._stopping.is_set():
            await self._until_there_is_room()
            async for doorbells in self._new.forever(self._places):
                await asyncio.gather(*(self._begin(doorbell) for doorbell in doorbells))
                if self._stopping.is_set() or self._places() <= 0:
                    break

    async def _until_there_is_room(self) -> None:
        """A place is free when a session ends; memory, when any program of the host gives some back."""
        while self._places() <= 0 and not self._stopping.is_set():
            if len(self._workers) < self._capacity:
                why = "no kernel starts" if self._pool.fails else "the host has too little memory free"
                log.warning("no session is taken: %s", why)
            with contextlib.suppress(TimeoutError):
                async with self._room, asyncio.timeout(_LOOK_AGAIN_AFTER):
                    await self._room.wait()

    def _places(self) -> int:
        free = self._capacity - len(self._workers)
        fits = free > 0 and room.has_memory(self._settings.capacity) and not self._pool.fails
        return free if fits else 0

    async def _begin(self, doorbell: Doorbell) -> None:
        """Claim a session and give it a worker; a queue message is deleted once the claim is recorded."""
        session_id = doorbell.session_id
        if known := self._workers.get(session_id):
            await self._hear_again(known, doorbell)
            return
        if self._stopping.is_set() or self._places() <= 0:
            await self._new.give_back(doorbell)
            return
        worker = self._workers[session_id] = Worker(self._services, session_id)
        claimed = False
        try:
            claimed = await worker.claim()
            if claimed:
                self._tasks[session_id] = asyncio.create_task(self._work(worker))
            await self._new.heard(doorbell)
        except TooOld as error:
            await self._new.give_back(doorbell)
            self._refused_as_too_old(error)
        except AgentError as error:
            log.warning("could not claim session %s: %s", session_id, error)
        finally:
            if not claimed:
                del self._workers[session_id]

    async def _hear_again(self, worker: Worker, doorbell: Doorbell) -> None:
        """The pool rings for a session that has a worker: it has more for it, or was given up meanwhile."""
        try:
            is_current = await worker.is_current()
        except AgentError as error:
            log.warning("could not ask about session %s: %s", doorbell.session_id, error)
            return  # it is heard again
        if is_current:
            worker.ring("shell")
            await self._new.heard(doorbell)
        else:
            worker.give_up()
            await self._new.give_back(doorbell, after=1)

    async def _work(self, worker: Worker) -> None:
        try:
            await worker.run()
        finally:
            del self._workers[worker.session_id]
            del self._tasks[worker.session_id]
            async with self._room:
                self._room.notify_all()

    async def _drain(self) -> None:
        """Every worker ends when what it runs has ended, within a bound."""
        log.info("draining %s sessions", len(self._workers))
        for worker in list(self._workers.values()):
            worker.drain()
        await self._until_all_ended(self._drain_within)

    async def _end_at_once(self) -> None:
        """What still runs is ended, and its watchers are told."""
        for worker in list(self._workers.values()):
            worker.drain(at_once=True)
        await self._until_all_ended(_END_WITHIN)

    async def _until_all_ended(self, within: float) -> None:
        if tasks := list(self._tasks.values()):
            await asyncio.wait(tasks, timeout=within)


async def _until_one_ends(*tasks: "asyncio.Task[Any]") -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
