"""The overseer of one session: claims it, lets its parts work while its kernel lives, and ends it."""

import asyncio
import contextlib
import logging
import time
from typing import Any

from chalicelib.errors import StaleLease
from chalicelib.messages import computation_end
from chalicelib.terms import DEFAULT_KERNEL
from device_agent import metrics
from device_agent.answers import Answers
from device_agent.bell import ALL_CHANNELS, Bell
from device_agent.endings import Ended
from device_agent.errors import AgentError, Gone, KernelFailed, NoKernel
from device_agent.flow import Flow
from device_agent.kernels import CHANNELS, Kernel
from device_agent.lease import Hold
from device_agent.outbox import Outbox
from device_agent.requests import Requests
from device_agent.router import Body
from device_agent.runs import Runs
from device_agent.session import Services, Session
from device_agent.times import Times

log = logging.getLogger(__name__)

__all__ = ["Services", "Worker"]
_MB = 2**20
_FLUSHED_WITHIN = 5.0
_DEATH_KNOWN_WITHIN = 1.0
_END_SAID_WITHIN = 900.0
_LONGEST_PAUSE = 30.0
_LAST_EPOCH_TO_HAND_BACK = 5
"""A claim and a hand-back raise a session's epoch by one each: three devices try to give it a kernel."""
_WITHOUT_END = {"": "handed_over", None: "given_up"}


class Worker:
    """One session. `run` returns when it is over; `ring`, `drain` ... may be called at any time."""

    def __init__(self, services: Services, session_id: str) -> None:
        self.session_id = session_id
        self._services = services
        self._bell = Bell()
        self._hold = Hold(services.lease)
        self._claim: dict[str, Any] = {}
        self._session: Session | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    def ring(self, channel: str, request: Body | None = None) -> None:
        """Something waits on a channel.

        :param request: what it is, its `key` and `message`, if that is known.
        """
        if request:
            self._bell.bring(channel, request["key"], request["message"])
        else:
            self._bell.ring(channel)

    def drain(self, at_once: bool = False) -> None:
        """End when what runs has ended, or at once."""
        self._bell.drain(at_once)

    def doubt(self) -> None:
        """The session may be another's now: ask, and send nothing more before that is answered."""
        for channel in ALL_CHANNELS:
            self.ring(channel)

    def give_up(self) -> None:
        """End at once and say nothing: the session is another's now."""
        self._bell.give_up()

    async def claim(self) -> bool:
        """Make the session this device's.

        :returns: False when it is somebody else's or has ended.
        :raises AgentError: the service could not be asked.
        """
        services, term = self._services, self._hold.term
        try:
            # Only who can serve it at once is given what waits: from then on it cannot go to another device.
            can_serve = services.pool.ready > 0
            claim = self._claim = await services.router.claim(self.session_id, services.run, can_serve)
        except Gone as error:
            log.info("session %s is not ours: %s", self.session_id, error)
            return False
        log.info("session %s claimed, epoch %s", self.session_id, claim["epoch"])
        self._hold.confirm(term)
        limits, now = services.settings.limits, asyncio.get_running_loop().time()
        self._flow = Flow(limits.output_mb * _MB, limits.output_mb_per_second * _MB, now)
        self._outbox = Outbox(
            services.aws,
            claim["session_key"],
            claim["epoch"],
            self._flow,
            services.output,
            self._hold.until_sure,
            services.router.clock.now,
        )
        return True

    @property
    def has_claimed(self) -> bool:
        return bool(self._claim)

    async def is_current(self) -> bool:
        """Whether the service still knows this claim of the session, and no newer one.

        :raises AgentError: the service could not be asked.
        """
        nothing = {"run": self._services.run, "epoch": self._claim["epoch"], "channels": []}
        try:
            await self._services.router.take(self.session_id, nothing)
        except Gone:
            return False
        return True

    async def run(self) -> None:
        """Drive the session that was claimed to its end."""
        reason: str | None = "failed"
        flushing = asyncio.create_task(self._outbox.run())
        try:
            reason = await self._live(flushing)
        except (Gone, StaleLease) as error:
            log.info("session %s was given up: %s", self.session_id, error)
            reason = None
        except Exception:
            log.exception("session %s failed", self.session_id)
        finally:
            await self._close(reason, flushing)
            metrics.ENDS.labels(reason or _WITHOUT_END[reason]).inc()
            log.info("session %s is over (%s)", self.session_id, reason or _WITHOUT_END[reason])

    async def _live(self, flushing: "asyncio.Task[None]") -> str | None:
        """Everything between claim and end.

        :returns: the reason of the end; "" when the session goes back to its pool, None when it is another's.
        """
        try:
            with metrics.STARTS.time():
                kernel = await self._acquire()
        except NoKernel as error:
            log.info("session %s: %s", self.session_id, error)
            return "no_kernel"
        except KernelFailed as error:
            log.error("session %s gets no kernel: %s", self.session_id, error)
            return "" if self._claim["epoch"] < _LAST_EPOCH_TO_HAND_BACK else "failed"
        if kernel is None:
            return None if self._bell.given_up else ""
        session = self._session = self._made(kernel)
        requests = Requests(session, self._bell)
        answers = Answers(session, requests.became_free)
        works = [
            *(answers.pass_on(channel) for channel in CHANNELS),
            requests.serve(self._claim.pop("taken", None)),
            requests.keep_time(),
            self._watch_death(kernel, answers),
            self._watch_channels(kernel),
            self._watch_output(),
        ]
        self._tasks = [asyncio.create_task(work) for work in works]
        done, _ = await asyncio.wait({flushing, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
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
        acquiring = asyncio.create_task(self._services.pool.acquire(self._claim["kernel"]))
        leaving = asyncio.create_task(self._bell.leaving.wait())
        self._tasks = [acquiring, leaving]
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        return acquiring.result() if acquiring.done() else None

    def _made(self, kernel: Kernel) -> Session:
        settings, claim, now = self._services.settings, self._claim, time.monotonic()
        return Session(
            id=self.session_id,
            epoch=claim["epoch"],
            keep=claim["keep"],
            services=self._services,
            hold=self._hold,
            kernel=kernel,
            runs=Runs(),
            times=Times(settings.limits, settings.interrupt_timeout, claim["idle_timeout"], now, now),
            flow=self._flow,
            outbox=self._outbox,
            takes_files=claim["kernel"] == DEFAULT_KERNEL,
        )

    async def _watch_death(self, kernel: Kernel, answers: Answers) -> None:
        reason = await kernel.died()
        log.info("the kernel of session %s has ended: %s", self.session_id, reason)
        await answers.silence()
        raise Ended(reason)

    async def _watch_channels(self, kernel: Kernel) -> None:
        reason = await kernel.cut_off()
        log.info("a channel of session %s is lost: %s", self.session_id, reason)
        with contextlib.suppress(TimeoutError):  # why it has died says more than that it has
            reason = await asyncio.wait_for(kernel.died(), _DEATH_KNOWN_WITHIN)
        raise Ended(reason)

    async def _watch_output(self) -> None:
        await self._outbox.is_full.wait()
        raise Ended("limit:output")

    async def _close(self, reason: str | None, flushing: "asyncio.Task[None]") -> None:
        """Tell why, write the end down, remove the kernel; each step is bounded."""
        # A kernel that goes on talking must not be heard after the end, nor work on while the end is told.
        await _cancel(self._tasks)
        closing = asyncio.create_task(self._session.kernel.close()) if self._session else None
        if reason and self._outbox.knows_watchers:  # else the service tells them
            held = self._session.runs.finish() if self._session else []
            self._outbox.say_end([*held, computation_end(reason)])
            await self._outbox.flushed(_FLUSHED_WITHIN)
        said = reason is None or await self._say_end(reason)
        await _cancel([flushing])
        if closing:
            await closing
        # A session of whose end the service does not hear would stay a living one: trouble is waited out.
        pause, until = 1.0, time.monotonic() + _END_SAID_WITHIN
        while not said and time.monotonic() < until:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            said = await self._say_end(reason or "")

    async def _say_end(self, reason: str) -> bool:
        """:returns: whether the service knows of the end now; "" hands the session back."""
        why = reason or ("draining" if self._bell.drains else "failed")
        said = {"status": "ended" if reason else "queued", "reason": why}
        body = {"run": self._services.run, "epoch": self._claim["epoch"], **said}
        if self._services.report_every and self._session:
            body["computed"] = round(self._session.times.computed_at(time.monotonic()), 3)
        try:
            await self._services.router.end(self.session_id, body)
        except AgentError as error:
            log.info("the end of session %s was not recorded: %s", self.session_id, error)
            return isinstance(error, Gone)
        return True


async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
