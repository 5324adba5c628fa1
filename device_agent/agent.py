"""The device: hears of sessions, gives each a worker, keeps its leases, and drains when told to stop."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from chalicelib.settings import Settings
from device_agent import identity
from device_agent.aws import device_clients
from device_agent.doorbells import Doorbell, Doorbells
from device_agent.errors import AgentError, Refused, Superseded
from device_agent.pool import KernelPool
from device_agent.router import Router
from device_agent.settings import AgentSettings
from device_agent.worker import Services, Worker

log = logging.getLogger(__name__)


class Agent:
    """One run of a device: from `run` until `stop` was called and all was finished or handed over."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._router = Router(settings.api_url)
        self._pool = KernelPool(settings)
        self._workers: dict[str, Worker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._room = asyncio.Condition()
        self._deletions: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Drain: take no new sessions, finish or hand over what there is."""
        self._stopping.set()

    async def run(self) -> None:
        """Enrol if need be, start, serve until `stop`.

        :raises Refused: the device's token is not accepted.
        :raises Superseded: a newer run of this device has started.
        :raises Unreachable: the service does not answer at the start.
        """
        await identity.identify(self._router, self._settings.state_dir, self._settings.enrolment_token)
        started = await self._router.start(identity.facts())
        names = started["settings"]
        settings = Settings(names["prefix"], names["connections_url"], device_role_arn="")
        aws = device_clients(self._router, settings)
        self._services = Services(self._settings, self._router, aws, self._pool, started["run"])
        # Made here, in one thread: the first use of a client reads files.
        sqs = await asyncio.to_thread(lambda: (aws.dynamodb, aws.s3, aws.connections, aws.sqs)[-1])
        self._new = Doorbells(sqs, started["queues"]["pool"])
        self._own = Doorbells(sqs, started["queues"]["device"])
        self._pool.start()
        log.info("the device is online, run %s, pool %s", started["run"], started["pool"])
        await self._serve(names["heartbeat_interval"])

    async def _serve(self, heartbeat_interval: float) -> None:
        beating = asyncio.create_task(self._beat(heartbeat_interval))
        listening = asyncio.create_task(self._listen())
        taking = asyncio.create_task(self._take_new())
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait(
                {beating, listening, taking, stopped}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done - {stopped}:
                task.result()
            taking.cancel()
            await self._drain()
        finally:
            for task in (beating, listening, taking, stopped):
                task.cancel()
            await self._pool.close()

    async def _beat(self, interval: float) -> None:
        """One call for all leases. Trouble on the way is waited out; only a refusal ends the agent."""
        while True:
            state = "draining" if self._stopping.is_set() else "online"
            try:
                await self._router.heartbeat(self._services.run, state, len(self._workers))
            except (Refused, Superseded):
                raise
            except AgentError as error:
                log.warning("no heartbeat: %s", error)
            await asyncio.sleep(interval)

    async def _listen(self) -> None:
        """The device's own queue: something waits for one of its sessions."""
        async for doorbells in self._own.forever():
            for doorbell in doorbells:
                if worker := self._workers.get(doorbell.session_id):
                    worker.ring(doorbell.channel or "shell")
            # The worker lives as long as the session does, so what it has noted is not lost.
            # The next poll does not wait for the deletion.
            for doorbell in doorbells:
                self._background(self._own.heard(doorbell))

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)

    async def _take_new(self) -> None:
        """The pool's queue, polled only while there is room for a session."""
        while True:
            async with self._room:
                await self._room.wait_for(lambda: self._places() > 0)
            async for doorbells in self._new.forever(self._places):
                await asyncio.gather(*(self._begin(doorbell) for doorbell in doorbells))
                if self._places() <= 0:
                    break

    def _places(self) -> int:
        return self._settings.capacity - len(self._workers)

    async def _begin(self, doorbell: Doorbell) -> None:
        """Claim a session and give it a worker; a queue message is deleted once the claim is recorded."""
        session_id = doorbell.session_id
        if session_id in self._workers:
            self._workers[session_id].ring("shell")
            await self._new.heard(doorbell)
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
        except AgentError as error:
            log.warning("could not claim session %s: %s", session_id, error)
        finally:
            if not claimed:
                del self._workers[session_id]

    async def _work(self, worker: Worker) -> None:
        try:
            await worker.run()
        finally:
            del self._workers[worker.session_id]
            del self._tasks[worker.session_id]
            async with self._room:
                self._room.notify_all()

    async def _drain(self) -> None:
        """Every worker ends what it runs, within a bound; then it is ended, and its watchers are told."""
        log.info("draining %s sessions", len(self._workers))
        for at_once, seconds in ((False, self._settings.drain_timeout), (True, 10.0)):
            for worker in list(self._workers.values()):
                worker.drain(at_once)
            if tasks := list(self._tasks.values()):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), seconds)
