"""What comes from the browser: takes what waits when a bell rings, and passes it to the kernel once."""

import asyncio
import contextlib
import logging
import time

from chalicelib.messages import Message, interact_of, make
from device_agent.endings import Ended
from device_agent.errors import AgentError, Gone
from device_agent.hops import hop
from device_agent.session import Session
from device_agent.times import INTERRUPT

log = logging.getLogger(__name__)

ALL_CHANNELS = frozenset({"shell", "control", "stdin", "connections"})
_REMEMBERED = 1000
_LOOK_AGAIN_AFTER = 1.0


class Bell:
    """What waits in the tables, as far as is known; it may be rung before anybody listens."""

    def __init__(self) -> None:
        self.rung: set[str] = set(ALL_CHANNELS)
        self.awake = asyncio.Event()
        self.awake.set()
        self.drains = False
        self.at_once = False
        self.given_up = False
        self.leaving = asyncio.Event()
        """Set when the session has to be left even before it has a kernel."""

    def ring(self, channel: str) -> None:
        self.rung.add(channel)
        self.awake.set()

    def drain(self, at_once: bool) -> None:
        """End when what runs has ended, or at once."""
        self.drains, self.at_once = True, at_once
        self.leaving.set()
        self.awake.set()

    def give_up(self) -> None:
        """End at once and say nothing: the session is another's now."""
        self.given_up = True
        self.leaving.set()
        self.awake.set()


class Requests:
    """Serves one session; `serve` for as long as it lives, `became_free` whenever its kernel has."""

    def __init__(self, session: Session, bell: Bell) -> None:
        self._session = session
        self._bell = bell
        self._more = False
        self._served: dict[str, None] = {}
        self._done: dict[str, list[str]] = {}
        self._asked_at = 0.0
        self._timed = asyncio.Event()

    async def serve(self) -> None:
        """Take what waits when the bell rings or the kernel becomes free; end the session when it is due.

        :raises Ended: the session is over.
        :raises Gone: it is no longer this device's.
        """
        bell, times = self._bell, self._session.times
        while True:
            rest = times.rest(self._session.lingers)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bell.awake.wait(), rest and max(0.0, rest[0] - time.monotonic()))
            bell.awake.clear()
            if bell.given_up:
                raise Ended(None)
            if bell.drains and (bell.at_once or self._session.runs.current is None):
                raise Ended("draining" if times.ran else "")
            rest = times.rest(self._session.lingers)
            if bell.rung:
                await self._take()
            elif rest and rest[0] <= time.monotonic():
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

    async def _take(self) -> None:
        session, bell = self._session, self._bell
        channels, bell.rung = bell.rung, set()
        done, self._done = self._done, {}
        busy = session.runs.current is not None
        owes = session.flow.owes(time.monotonic())
        self._asked_at = time.time()
        term = session.hold.term
        try:
            taken = await session.services.router.take(
                session.id,
                {
                    "run": session.services.run,
                    "epoch": session.epoch,
                    "channels": sorted(channels),
                    "states": session.runs.states,
                    # Who has put out more than the rate allows runs again when that is made up for.
                    "busy": busy or owes > 0,
                    "done": done,
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
        self._more = taken.get("more", False) if "shell" in channels else self._more
        for channel in taken.get("again", []):
            bell.ring(channel)
        if "connections" in taken:
            session.outbox.watch({row["id"]: row["after"] for row in taken["connections"]})
        for channel in ("control", "stdin", "shell"):
            for request in taken.get(channel, []):
                await self._pass_on(channel, request["key"], request["message"])
        if owes > 0 and not busy and self._more:
            session.times.active = time.monotonic() + owes
            asyncio.get_running_loop().call_later(owes, bell.ring, "shell")
        elif busy and session.runs.current is None and self._more:
            bell.ring("shell")  # it became free while it was asking as a busy one
        elif busy and session.runs.preempts(taken.get("pending", {})):
            await session.kernel.interrupt()

    async def _pass_on(self, channel: str, key: str, message: Message) -> None:
        """Pass a request to the kernel once, however often it is taken or was sent again."""
        msg_id, msg_type = message["header"]["msg_id"], message["header"]["msg_type"]
        if interact_of(message) is None:
            self._done.setdefault(channel, []).append(key)
            if msg_id in self._served:
                self._bell.ring(channel)  # so that its row goes, and what is behind it comes
                return
            self._served[msg_id] = None
            if len(self._served) > _REMEMBERED:
                del self._served[next(iter(self._served))]
        times = self._session.times
        times.active = time.monotonic()
        if msg_type == "interrupt_request":
            if not times.ran:
                raise Ended("killed")  # what it was to stop has not begun, and shall not
            times.interrupt(times.active, "killed")
            self._timed.set()
            await self._stop()
        elif msg_type == "shutdown_request":
            raise Ended("shutdown")
        else:
            if msg_type == "execute_request":
                self._begin(key, message)
            await self._session.kernel.send(message)

    def _begin(self, key: str, message: Message) -> None:
        session = self._session
        session.runs.begin(key, message)
        hop(session.runs.current, "asking", self._asked_at)
        hop(session.runs.current, "taken")
        session.times.start(time.monotonic())
        self._timed.set()
        if mark := interact_of(message):
            session.outbox.slots.forget_under(mark[0])
            session.flow.kept.forget_under(mark[0])
        else:
            session.outbox.slots.execution_began()

    def became_free(self) -> None:
        """Look for what comes next: at once if more is known to wait, else after a while without a ring.

        A request before which nothing waits has a ring of its own; the late look is for rings that were lost.
        """
        times = self._session.times
        times.stop(time.monotonic())
        if self._more or not self._session.lingers:
            self._bell.ring("shell")
        else:
            asyncio.get_running_loop().call_later(_LOOK_AGAIN_AFTER, self._look_again, times.active)
            self._bell.awake.set()

    def _look_again(self, free_since: float) -> None:
        if self._session.runs.current is None and self._session.times.active == free_since:
            self._bell.ring("shell")
