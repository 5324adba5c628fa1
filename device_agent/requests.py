"""What comes from the browser: what was brought or waits in the tables, each passed to the kernel once."""

import asyncio
import contextlib
import logging
import time
from typing import Any

from chalicelib import uploads
from chalicelib.errors import InvalidMessage, LongwireError
from chalicelib.messages import Message, interact_of, make
from chalicelib.schemas import IN_TURN
from device_agent import refusals
from device_agent.bell import Bell
from device_agent.endings import Ended
from device_agent.errors import AgentError, Gone
from device_agent.fetching import FETCHED_WITHIN, Fetching
from device_agent.hops import hop
from device_agent.meter import Meter
from device_agent.session import Session
from device_agent.times import INTERRUPT
from device_agent.waiting import Waiting, Waits

log = logging.getLogger(__name__)

_REMEMBERED = 1000
_LOOK_AGAIN_AFTER = 2.0


class Requests:
    """Serves one session; `serve` for as long as it lives, `became_free` whenever its kernel has."""

    def __init__(self, session: Session, bell: Bell) -> None:
        self._session = session
        self._bell = bell
        self._waiting = Waiting(session.runs.states)
        self._served: dict[str, None] = {}
        self._done: dict[str, list[str]] = {}
        self._timed = asyncio.Event()
        self._preempting: asyncio.Task[None] | None = None
        self._fetching = Fetching(bell.awake.set)
        self._meter = Meter(
            session.services.report_every,
            lambda: session.times.computed_at(time.monotonic()),
            lambda: session.runs.current is not None or bool(self._waiting),
            lambda: bell.ring("control"),
        )

    async def serve(self, taken: dict[str, Any] | None = None) -> None:
        """Serve what comes, one execution at a time; end the session when it is due.

        :param taken: what a first take would give, if the claim has given it.
        :raises Ended: the session is over.
        :raises Gone: it is no longer this device's.
        """
        with contextlib.closing(self._meter), contextlib.closing(self._fetching):
            await self._serve(taken)

    async def _serve(self, taken: dict[str, Any] | None) -> None:
        bell, session = self._bell, self._session
        if taken:
            bell.rung.clear()
            await self._accept_all(taken)
        while True:
            await self._run_next()
            # Whoever fetches is woken by what he fetches, and cannot end before.
            rest = None if self._fetching else session.times.rest(session.lingers)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bell.awake.wait(), rest and max(0.0, rest[0] - time.monotonic()))
            bell.awake.clear()
            if bell.given_up:
                raise Ended(None)
            if bell.drains and (bell.at_once or session.runs.current is None):
                raise Ended("draining" if session.times.ran else "")
            rest = session.times.rest(session.lingers)
            await self._accept_brought()
            if bell.rung:
                await self._take()
            elif not (self._waiting or self._fetching) and rest and rest[0] <= time.monotonic():
                raise Ended(rest[1])

    async def keep_time(self) -> None:
        """Interrupt what runs for too long, end what does not obey; also while the service does not answer.

        :raises Ended: the session is over.
        """
        times = self._session.times
        while True:
            at, due = times.limit()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._timed.wait(), max(0.0, at - time.monotonic()))
            self._timed.clear()
            at, due = times.limit()
            if at > time.monotonic():
                continue
            if due != INTERRUPT:
                raise Ended(due)
            times.interrupt(time.monotonic(), "limit:time")
            await self._stop(f"Stopped: it ran for more than {times.limits.run_seconds:g} s.\n")

    async def _stop(self, words: str = "") -> None:
        """Interrupt what runs; of what it has put out nothing but the last part is wanted any more."""
        session = self._session
        if run := session.runs.current:
            session.flow.stop()
            if words:
                content = {"name": "stderr", "text": words}
                session.outbox.put(make("stream", "iopub", content, run.request["header"], run.stamp))
        await session.kernel.interrupt()

    async def _accept_brought(self) -> None:
        """What came with the bell needs not be asked for, unless the session may be another's meanwhile, or
        the service has yet to be told that it runs something (which the first take does).
        """
        bell = self._bell
        brought, bell.brought = bell.brought, []
        for channel, key, message in brought:
            if self._session.times.ran and self._session.hold.sure:
                await self._accept(channel, key, message)
            else:
                bell.rung.add(channel)

    async def _take(self) -> None:
        session, bell = self._session, self._bell
        channels, bell.rung = bell.rung, set()
        done, self._done = self._done, {}
        report = self._meter.report()
        term = session.hold.term
        try:
            taken = await session.services.router.take(
                session.id,
                {
                    "run": session.services.run,
                    "epoch": session.epoch,
                    "channels": sorted(channels),
                    "states": session.runs.newest_states(),
                    "done": done,
                    **report,
                },
            )
            if not session.hold.confirm(term):
                raise AgentError("the answer is too old to act on")
        except Gone:
            raise
        except AgentError as error:
            # What was asked for still waits in the tables: ask again.
            log.warning("session %s: could not take, trying again: %s", session.id, error)
            bell.rung |= channels
            self._done = done
            await asyncio.sleep(1)
            bell.awake.set()
            return
        self._waiting.is_full = False
        self._meter.answered(report)
        await self._accept_all(taken)

    async def _accept_all(self, taken: dict[str, Any]) -> None:
        self._meter.bar(taken.get("barred"))
        if "connections" in taken:
            self._session.outbox.watch({row["id"]: row["after"] for row in taken["connections"]})
        for channel in ("control", "stdin", "shell"):
            for request in taken.get(channel, []):
                await self._accept(channel, request["key"], request["message"])
        for channel in taken["more"]:
            if channel == "shell":
                self._waiting.is_full = True  # the rest is asked for when what is here has run
            else:
                self._bell.ring(channel)

    async def _accept(self, channel: str, key: str, message: Message) -> None:
        """Take a request, however often it comes: what runs code waits for its turn, the rest does not."""
        if interact_of(message) is None and message["header"]["msg_id"] in self._served:
            self._done.setdefault(channel, []).append(key)
        elif message["header"]["msg_type"] not in IN_TURN:
            self._note_served(channel, key, message)
            await self._pass_on(message)
        else:
            self._waiting.offer(key, message)
            self._fetching.forget_older(message)
            self._preempt()

    def _preempt(self) -> None:
        """Stop what runs if a newer change has made it stale: now, or when that has stayed the newest."""
        self._forget_preemption()
        due = self._session.runs.preempts_in(self._waiting.changes)
        if due is not None:
            self._preempting = asyncio.create_task(self._preempt_in(due))

    async def _preempt_in(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._session.runs.current:
            self._session.runs.preempted()
            await self._session.kernel.interrupt()

    def _forget_preemption(self) -> None:
        if self._preempting:
            self._preempting.cancel()
            self._preempting = None

    def _note_served(self, channel: str, key: str, message: Message) -> None:
        self._done.setdefault(channel, []).append(key)
        self._served[message["header"]["msg_id"]] = None
        if len(self._served) > _REMEMBERED:
            del self._served[next(iter(self._served))]

    async def _run_next(self) -> None:
        """Begin what waits, if the kernel is free; who has put out more than the rate allows has to pause."""
        session = self._session
        if session.runs.current is not None:
            return
        if self._fetching:
            if fetched := self._fetching.take():
                await self._run_fetched(*fetched)
        elif not self._waiting:
            return
        elif (owes := session.flow.owes(time.monotonic())) > 0:
            session.times.active = time.monotonic() + owes
            asyncio.get_running_loop().call_later(owes, self._bell.awake.set)
        elif found := self._next():
            await self._run(*found)

    async def _run(self, key: str, message: Message) -> None:
        if barred := self._meter.barred:
            self._refuse(key, message, barred)
        elif message["header"]["msg_type"] == "upload_request" and not self._session.takes_files:
            # Another kernel would leave it without an answer.
            self._refuse(key, message, InvalidMessage("name: this kernel takes no files", "content.name"))
        elif uploads.put_away(message):
            self._session.runs.note(message)
            self._session.times.active = time.monotonic() + FETCHED_WITHIN
            self._fetching.begin(key, message)
        else:
            self._begin(key, message)
            await self._session.kernel.send(message)

    async def _run_fetched(self, key: str, message: Message, error: LongwireError | None) -> None:
        """Begin what is here now, or say why it is not."""
        if error is None:
            self._begin(key, message)
            await self._session.kernel.send(message)
        else:
            log.info("session %s: a request could not be fetched: %s", self._session.id, error)
            self._refuse(key, message, error)

    def _refuse(self, key: str, message: Message, error: LongwireError) -> None:
        """It begins and ends without the kernel."""
        session = self._session
        self._begin(key, message)
        for told in refusals.shown(message, error):
            session.outbox.put(told)
        session.runs.refuse(refusals.reply(message, error))
        for told in session.runs.finish_half():
            session.outbox.put(told, urgent=True)
        self.became_free()

    def _next(self) -> Waits | None:
        """What is to be run now. A page sends again what it hears nothing of: of two, one runs."""
        while found := self._waiting.next():
            key, message = found
            if interact_of(message) is not None:
                return found
            is_new = message["header"]["msg_id"] not in self._served
            self._note_served("shell", key, message)
            if is_new:
                return found
        return None

    async def _pass_on(self, message: Message) -> None:
        """Pass on what does not wait for its turn."""
        times, msg_type = self._session.times, message["header"]["msg_type"]
        times.active = time.monotonic()
        self._session.downloads.note(message)
        if msg_type == "interrupt_request":
            self._fetching.stop()
            if not times.ran:
                raise Ended("killed")  # what it was to stop has not begun, and shall not
            times.interrupt(times.active, "killed")
            self._timed.set()
            await self._stop()
        elif msg_type == "shutdown_request":
            raise Ended("shutdown")
        else:
            await self._session.kernel.send(message)

    def _begin(self, key: str, message: Message) -> None:
        session = self._session
        session.runs.begin(key, message)
        hop(session.runs.current, "taken")
        session.times.active = time.monotonic()
        session.times.start(session.times.active)
        self._timed.set()
        self._meter.began()
        if mark := interact_of(message):
            session.outbox.slots.forget_under(mark[0])
            session.flow.kept.forget_under(mark[0])
        else:
            session.outbox.slots.execution_began()

    def became_free(self) -> None:
        """What waits here runs at once. Whether more waits in the tables is looked up when nothing does: at
        once where the session would end or room was wanting, else after a while, for rings that were lost.
        """
        times = self._session.times
        times.stop(time.monotonic())
        self._forget_preemption()
        self._bell.awake.set()
        if self._waiting:
            return
        if self._waiting.is_full or not self._session.lingers:
            self._bell.ring("shell")
        else:
            asyncio.get_running_loop().call_later(_LOOK_AGAIN_AFTER, self._look_again, times.active)

    def _look_again(self, free_since: float) -> None:
        if self._session.runs.current is None and self._session.times.active == free_since:
            self._bell.ring("shell")
