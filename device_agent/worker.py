"""The overseer of one session: claims it, drives its kernel, and ends it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from chalicelib.clients import Clients
from chalicelib.errors import StaleLease
from chalicelib.messages import Message, computation_end, interact_of
from device_agent import metrics
from device_agent.errors import AgentError, Gone, KernelFailed
from device_agent.kernels import CHANNELS, Kernel
from device_agent.lease import Hold, Lease
from device_agent.outbox import Outbox
from device_agent.pool import KernelPool
from device_agent.router import Router
from device_agent.runs import Runs
from device_agent.settings import AgentSettings

log = logging.getLogger(__name__)
T = TypeVar("T")

ALL_CHANNELS = frozenset({"shell", "control", "stdin", "connections"})
_REPLY_WITHIN = 2.0
_REMEMBERED = 1000
_LOOK_AGAIN_AFTER = 1.0
_FIRST_REQUEST_WITHIN = 60.0
_FLUSHED_WITHIN = 5.0
_END_SAID_WITHIN = 900.0
_LONGEST_PAUSE = 30.0
_LAST_EPOCH_TO_HAND_BACK = 5
"""A claim and a hand-back raise a session's epoch by one each: three devices try to give it a kernel."""
_WITHOUT_END = {"": "handed_over", None: "given_up"}


class Ended(Exception):
    """Raised inside a worker when its session is over; `reason` as `Worker._live` returns it."""

    def __init__(self, reason: str | None) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Services:
    """What the workers of an agent share."""

    settings: AgentSettings
    router: Router
    aws: Clients
    pool: KernelPool
    run: int
    lease: Lease


class Worker:
    """One session. `run` returns when it is over; `ring` and `drain` may be called at any time."""

    def __init__(self, services: Services, session_id: str) -> None:
        self.session_id = session_id
        self._services = services
        self._runs = Runs()
        self._rung: set[str] = set(ALL_CHANNELS)
        self._awake = asyncio.Event()
        self._awake.set()
        self._more = False
        self._served: dict[str, None] = {}
        self._done: dict[str, list[str]] = {}
        self._last_active = time.monotonic()
        self._ran = False
        self._draining = False
        self._stopping = False
        self._interrupted_at: float | None = None
        self._epoch = 0
        self._hold = Hold(services.lease)
        self._given_up = False
        self._kernel: Kernel | None = None
        self._leaving = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    def ring(self, channel: str) -> None:
        """Something waits on a channel."""
        self._rung.add(channel)
        self._awake.set()

    def drain(self, at_once: bool = False) -> None:
        """End when what runs has ended, or at once."""
        self._draining = True
        self._stopping = at_once
        self._leaving.set()
        self._awake.set()

    def doubt(self) -> None:
        """The session may be another's now: ask, and send nothing more before that is answered."""
        for channel in ALL_CHANNELS:
            self.ring(channel)

    def give_up(self) -> None:
        """End at once and say nothing: the session is another's now."""
        self._given_up = True
        self._leaving.set()
        self._awake.set()

    async def claim(self) -> bool:
        """Make the session this device's.

        :returns: False when it is somebody else's or has ended.
        :raises AgentError: the service could not be asked.
        """
        term = self._hold.term
        try:
            claim = await self._services.router.claim(self.session_id, self._services.run)
        except Gone as error:
            log.info("session %s is not ours: %s", self.session_id, error)
            return False
        log.info("session %s claimed, epoch %s", self.session_id, claim["epoch"])
        self._epoch = claim["epoch"]
        self._idle_timeout: float = claim["idle_timeout"]
        self._keep: bool = claim["keep"]
        self._hold.confirm(term)
        self._outbox = Outbox(
            self._services.aws,
            claim["session_key"],
            self._epoch,
            self._gone,
            self._hold.until_sure,
            self._services.router.clock.now,
        )
        return True

    async def is_current(self) -> bool:
        """Whether the service still knows this claim of the session, and no newer one.

        :raises AgentError: the service could not be asked.
        """
        try:
            claim = await self._services.router.claim(self.session_id, self._services.run)
        except Gone:
            return False
        return bool(claim["epoch"] == self._epoch)

    async def run(self) -> None:
        """Drive the session that was claimed to its end."""
        reason: str | None = "failed"
        try:
            reason = await self._live()
        except (Gone, StaleLease) as error:
            log.info("session %s was given up: %s", self.session_id, error)
            reason = None
        except Exception:
            log.exception("session %s failed", self.session_id)
        finally:
            await self._close(reason)
            metrics.ENDS.labels(reason or _WITHOUT_END[reason]).inc()
            log.info("session %s is over (%s)", self.session_id, reason or _WITHOUT_END[reason])

    async def _live(self) -> str | None:
        """Everything between claim and end.

        :returns: the reason of the end; "" when the session goes back to its pool, None when it is another's.
        """
        flushing = self._spawn(self._outbox.run())
        try:
            with metrics.STARTS.time():
                self._kernel = await self._acquire()
        except KernelFailed as error:
            log.error("session %s gets no kernel: %s", self.session_id, error)
            return "" if self._epoch < _LAST_EPOCH_TO_HAND_BACK else "failed"
        if self._kernel is None:
            return None if self._given_up else ""
        pumps = [self._spawn(self._pump(channel)) for channel in CHANNELS]
        death = self._spawn(self._watch_death())
        serving = self._spawn(self._serve())
        done, _ = await asyncio.wait({flushing, death, serving, *pumps}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            try:
                task.result()
            except Ended as end:
                return end.reason
        return "failed"

    async def _acquire(self) -> Kernel | None:
        """:returns: None when the session has to be left before it has a kernel.
        :raises KernelFailed: there is none to be had.
        """
        acquiring = self._spawn(self._services.pool.acquire())
        leaving = self._spawn(self._leaving.wait())
        await asyncio.wait({acquiring, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return acquiring.result() if acquiring.done() else None

    def _spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _gone(self, _connection_id: str) -> None:
        """A watcher has left. API Gateway tells the router, too, which removes its rows."""

    # What comes from the browser

    async def _serve(self) -> None:
        """Take what waits when the bell rings or the kernel becomes free; end the session when it is due."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), self._seconds_left())
            self._awake.clear()
            if self._given_up:
                raise Ended(None)
            if self._draining and (self._stopping or self._runs.current is None):
                raise Ended("draining" if self._ran else "")
            if self._interrupted_at is not None and self._seconds_left() <= 0:
                raise Ended("killed")  # the interrupt has not stopped it in time
            if self._rung:
                await self._take()
            elif self._seconds_left() <= 0 and self._runs.current is None:
                raise Ended("idle" if self._lingers else "finished")

    def _seconds_left(self) -> float:
        """Until something has to be looked at though no bell rings."""
        if self._interrupted_at is not None:
            return max(
                0.0, self._interrupted_at + self._services.settings.interrupt_timeout - time.monotonic()
            )
        if self._runs.current is not None:
            return _FIRST_REQUEST_WITHIN
        if not self._ran:
            return max(0.0, self._last_active + _FIRST_REQUEST_WITHIN - time.monotonic())
        if not self._lingers:
            return 0.0
        return max(0.0, self._last_active + self._idle_timeout - time.monotonic())

    async def _take(self) -> None:
        channels, self._rung = self._rung, set()
        done, self._done = self._done, {}
        busy = self._runs.current is not None
        self._asked_at = time.time()
        term = self._hold.term
        try:
            taken = await self._services.router.take(
                self.session_id,
                {
                    "run": self._services.run,
                    "epoch": self._epoch,
                    "channels": sorted(channels),
                    "states": self._runs.states,
                    "busy": busy,
                    "done": done,
                },
            )
            if not self._hold.confirm(term):
                raise AgentError("the answer is too old to act on")
        except Gone:
            raise
        except AgentError as error:
            # What was asked for still waits in the tables: ask again.
            log.warning("session %s: could not take, trying again: %s", self.session_id, error)
            self._rung |= channels
            self._done = done
            await asyncio.sleep(1)
            self._awake.set()
            return
        self._more = taken.get("more", False) if "shell" in channels else self._more
        for channel in taken.get("again", []):
            self.ring(channel)
        if "connections" in taken:
            self._outbox.watch({row["id"]: row["after"] for row in taken["connections"]})
        for channel in ("control", "stdin", "shell"):
            for request in taken.get(channel, []):
                await self._serve_request(channel, request["key"], request["message"])
        if busy and self._runs.current is None and self._more:
            self.ring("shell")  # it became free while it was asking as a busy one
        elif busy and self._kernel and self._runs.preempts(taken.get("pending", {})):
            await self._kernel.interrupt()

    async def _serve_request(self, channel: str, key: str, message: Message) -> None:
        """Pass a request to the kernel once, however often it is taken or was sent again."""
        kernel = self._kernel
        if kernel is None:
            return
        msg_id, msg_type = message["header"]["msg_id"], message["header"]["msg_type"]
        if interact_of(message) is None:
            self._done.setdefault(channel, []).append(key)
            if msg_id in self._served:
                self.ring(channel)  # so that its row goes, and what is behind it comes
                return
            self._served[msg_id] = None
            if len(self._served) > _REMEMBERED:
                del self._served[next(iter(self._served))]
        self._last_active = time.monotonic()
        if msg_type == "interrupt_request":
            if not self._ran:
                raise Ended("killed")  # what it was to stop has not begun, and shall not
            if self._runs.current is not None:
                self._interrupted_at = self._interrupted_at or time.monotonic()
            await kernel.interrupt()
        elif msg_type == "shutdown_request":
            raise Ended("shutdown")
        else:
            if msg_type == "execute_request":
                self._begin(key, message)
            await kernel.send(message)

    def _begin(self, key: str, message: Message) -> None:
        self._runs.begin(key, message)
        self._hop("asking", self._asked_at)
        self._hop("taken")
        self._ran = True
        if mark := self._runs.current and self._runs.current.interact:
            self._outbox.slots.forget_under(mark[0])
        else:
            self._outbox.slots.execution_began()

    def _hop(self, name: str, at: float | None = None) -> None:
        """When the request that runs passed a point on its way; for finding out where time goes."""
        if log.isEnabledFor(logging.DEBUG) and self._runs.current is not None:
            log.debug("hop %s %s %.6f", name, self._runs.current.msg_id, at or time.time())

    # What comes from the kernel

    async def _pump(self, channel: str) -> None:
        kernel = self._kernel
        assert kernel is not None  # noqa: S101
        async for message in kernel.messages(channel):
            await self._pass_on(message)

    async def _pass_on(self, message: Message) -> None:
        running = self._runs.current
        if running is not None and message["header"]["msg_type"] == "status":
            self._hop("idle" if message["content"].get("execution_state") == "idle" else "began")
        leaving = self._runs.leaves(message)
        for one in leaving:
            await self._outbox.send(one, urgent=_is_urgent(one))
        if running is not None and self._runs.current is None:
            self._became_free()
        elif running is not None and not leaving and (running.reply is None) != (running.idle is None):
            # iopub may lose `idle` when it is flooded, and a request that makes ipykernel fail has no reply.
            asyncio.get_running_loop().call_later(_REPLY_WITHIN, self._finish_half, running.msg_id)

    def _finish_half(self, msg_id: str) -> None:
        current = self._runs.current
        if current is not None and current.msg_id == msg_id:
            self._spawn(self._release())

    async def _release(self) -> None:
        for message in self._runs.finish():
            await self._outbox.send(message, urgent=True)
        self._became_free()

    def _became_free(self) -> None:
        """Look for what comes next: at once if more is known to wait, else after a while without a ring.

        A request before which nothing waits has a ring of its own; the late look is for rings that were lost.
        """
        self._interrupted_at = None
        self._last_active = time.monotonic()
        if self._more or not self._lingers:
            self.ring("shell")
        else:
            asyncio.get_running_loop().call_later(_LOOK_AGAIN_AFTER, self._look_again, self._last_active)
            self._awake.set()

    def _look_again(self, free_since: float) -> None:
        if self._runs.current is None and self._last_active == free_since:
            self.ring("shell")

    @property
    def _lingers(self) -> bool:
        """Whether the session waits for more after a reply."""
        return self._runs.interactive or self._keep

    async def _watch_death(self) -> None:
        kernel = self._kernel
        assert kernel is not None  # noqa: S101
        status = await kernel.died()
        log.info("the kernel of session %s has ended with status %s", self.session_id, status)
        raise Ended("kernel_died")

    # The end

    async def _close(self, reason: str | None) -> None:
        """Tell why, write the end down, remove the kernel; each step is bounded."""
        if reason:
            if self._runs.current is not None:
                for message in self._runs.finish():
                    await self._outbox.send(message)
            await self._outbox.send(computation_end(reason), urgent=True)
            await self._outbox.flushed(_FLUSHED_WITHIN)
        said = reason is None or await self._say_end(reason)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._kernel:
            await self._kernel.close()
        # A session of whose end the service does not hear would stay a living one: trouble is waited out.
        pause, until = 1.0, time.monotonic() + _END_SAID_WITHIN
        while not said and time.monotonic() < until:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            said = await self._say_end(reason or "")

    async def _say_end(self, reason: str) -> bool:
        """:returns: whether the service knows of the end now; "" hands the session back."""
        said = {"status": "ended", "reason": reason} if reason else {"status": "queued", "reason": "draining"}
        body = {"run": self._services.run, "epoch": self._epoch, **said}
        try:
            await self._services.router.end(self.session_id, body)
        except AgentError as error:
            log.info("the end of session %s was not recorded: %s", self.session_id, error)
            return isinstance(error, Gone)
        return True


def _is_urgent(message: Message) -> bool:
    """Whether nothing follows that would be worth waiting for."""
    if message["content"].get("execution_state") == "idle":
        return True
    return message["header"]["msg_type"] in ("input_request", "complete_reply", "inspect_reply")
