"""The device: hears of sessions, gives each a worker, keeps its leases, and drains when told to stop."""

import asyncio
import contextlib
import dataclasses
import gc
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from chalicelib import VERSION
from device_agent import machine, metrics, notify, room
from device_agent.aws import device_clients, sign_by
from device_agent.doorbells import Doorbells
from device_agent.errors import FINAL, AgentError, Refused, Revoked, RunOver, Superseded, TooOld
from device_agent.heart import Heart
from device_agent.joining import Joined, check, join
from device_agent.lease import Lease
from device_agent.policy import Policy
from device_agent.pool import KernelPool
from device_agent.router import Body, Router
from device_agent.settings import AgentSettings
from device_agent.status import Status
from device_agent.worker import Services
from device_agent.workers import Workers

log = logging.getLogger(__name__)

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
        self._workers: Workers | None = None
        self._stopping = asyncio.Event()
        self._drain_within = settings.drain_timeout
        self._drains_patiently = False
        self._too_old: TooOld | None = None
        self._status = Status(
            pid=os.getpid(), sandbox=settings.sandbox, api_url=settings.api_url, capacity=self._capacity
        )
        self._heart: Heart | None = None
        self._taking: asyncio.Task[None] | None = None
        self._become("starting", "")

    def stop(self, reason: str = "stopped", within: float | None = None, patiently: bool = False) -> None:
        """Drain: take no new sessions, finish or hand over what there is.

        :param within: seconds that what runs may go on, if not as set.
        :param patiently: sessions that live may go on, too, until they end by themselves.
        """
        if within is not None:
            self._drain_within = within
        self._drains_patiently = patiently
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
            if self._taking:
                self._taking.cancel()

    async def _is_given_up(self, joined: Joined) -> bool:
        """One run, to its end.

        :returns: whether the service has given it up, since it had not heard of the device for long.
        """
        lease = Lease(joined.lease, joined.since)
        heart = Heart(self._router, self._beat, lease, self._doubt, self._refused_as_too_old)
        self._heart = heart
        self._know(joined, heart)
        check(joined, self._settings)
        services = await self._open(joined, lease)
        workers = Workers(services, self._capacity, self._stopping, self._refused_as_too_old)
        self._workers = workers
        # What is loaded stays: a full collection would look through it, while all sessions wait. But for what
        # an earlier run has left.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        if not self._stopping.is_set():
            self._become("online", "started")
        log.info("the device is online, run %s, pool %s", joined.run, joined.device.pool)
        try:
            await self._serve(joined, heart, workers, services)
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
        if self._workers:
            self._workers.doubt()

    async def _open(self, joined: Joined, lease: Lease) -> Services:
        """All that sessions need: AWS clients, and kernels that stand ready."""
        sign_by(self._router.clock)
        aws = device_clients(self._router, joined.service)
        # Made here, in one thread: the first use of a client reads files.
        await asyncio.to_thread(lambda: (aws.dynamodb, aws.s3, aws.connections, aws.sqs))
        pool = self._make_pool(self._settings, joined.policy)
        pool.start()
        metrics.READY.set_function(lambda: pool.ready)
        return Services(self._settings, self._router, aws, pool, joined.run, lease, joined.report_every)

    async def _serve(self, joined: Joined, heart: Heart, workers: Workers, services: Services) -> None:
        beating = asyncio.create_task(heart.run(joined.heartbeat_interval))
        own, new = (Doorbells(services.aws.sqs, url) for url in (joined.device_queue, joined.pool_queue))
        listening = asyncio.create_task(workers.listen(own))
        taking = asyncio.create_task(workers.take(new))
        stopped = asyncio.create_task(self._stopping.wait())
        helping = asyncio.create_task(notify.keep_alive())
        self._taking = taking
        try:
            await _until_one_ends(beating, listening, taking, stopped)
            draining = asyncio.create_task(
                workers.drain(self._drain_within, patiently=self._drains_patiently)
            )
            await _until_one_ends(beating, listening, draining)
        except (RunOver, Superseded, Refused, Revoked):
            # The service has given the sessions up already, and told their readers.
            workers.give_up()
            raise
        finally:
            await workers.drain(_END_WITHIN, at_once=True)
            for task in (beating, listening, stopped, helping):
                task.cancel()
            await asyncio.gather(own.close(), new.close(), services.pool.close())
            if not self._stopping.is_set():
                taking.cancel()  # else it gives back what its last poll still brings, to the very end

    # How it is

    def _know(self, joined: Joined, heart: Heart) -> None:
        device = joined.device
        self._note(device_id=device.device_id, pool=device.pool, labels=device.labels, run=joined.run)
        level = self._settings.sandbox
        facts = {"version": VERSION, "sandbox": level, "pool": device.pool, "device": device.device_id}
        metrics.AGENT.info(facts)
        metrics.CAPACITY.set(self._capacity)
        metrics.SESSIONS.set_function(self._count)
        metrics.HEARTBEAT_AGE.set_function(lambda: time.time() - heart.answered_at)

    def _count(self) -> int:
        return len(self._workers) if self._workers else 0

    def status(self) -> Status:
        """How the agent is now."""
        self._note(
            sessions=self._count(),
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
            within = within if isinstance(within, int | float) else None
            self.stop("asked to drain", within, request.get("patiently") is True)
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
        first_output = metrics.SLOWEST_FIRST_OUTPUT.take()
        if first_output is not None:
            told["first_output"] = round(first_output, 3)
        return {**told, "state": "draining" if self._stopping.is_set() else "online"}

    def _refused_as_too_old(self, error: TooOld) -> None:
        if self._too_old is None:
            log.error("no more sessions are taken: %s", error)
            self._too_old = error
            self.stop("its agent is too old")


async def _until_one_ends(*tasks: "asyncio.Task[Any]") -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
