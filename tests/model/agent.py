"""A device whose worker is the real one, in virtual time; its kernel, threads and HTTP are not."""

import asyncio
import contextlib
import json
import selectors
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future
from types import SimpleNamespace
from typing import Any, cast

from chalicelib import http
from chalicelib.errors import Busy, LongwireError
from chalicelib.frames import dumps
from chalicelib.messages import Message, extension, interact_of, make
from chalicelib.trouble import AwsError
from device_agent.errors import AgentError, Gone, Unreachable
from device_agent.lease import Lease
from device_agent.sandbox.limits import Limits
from device_agent.session import Services
from device_agent.worker import Worker
from tests.contract.world import Clock, Device
from tests.model.faults import Faults, TimedOut

_TRIES = 5
_BEAT_EVERY = 5.0
_TICK = 1e-6
"""Seconds: more than the precision of a number as large as the time since 1970."""


class _Leaping(selectors.SelectSelector):
    """Waits for nothing: the clock leaps to when the next thing is due."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self._clock.now += timeout + _TICK
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio as ever, on the service's own clock."""

    def __init__(self, clock: Clock) -> None:
        self._virtual = clock
        super().__init__(_Leaping(clock))
        # Too fine for such numbers is asyncio's own: what is due at this very moment would never be.
        self._clock_resolution = _TICK

    def time(self) -> float:
        return self._virtual.now


class Kernel:
    """Answers each execution as a kernel does, a message at a time, when it is told to speak."""

    def __init__(self) -> None:
        self._channels: dict[str, asyncio.Queue[tuple[Message, int]]] = {
            name: asyncio.Queue() for name in ("shell", "iopub", "stdin", "control")
        }
        self.script: deque[Message] = deque()
        self.sent: list[Message] = []
        self.ran: list[Message] = []
        self._marks = 0

    async def send(self, message: Message) -> None:
        self.ran.append(message)
        self.script.extend(self._answers(message))

    def _answers(self, request: Message) -> list[Message]:
        mark = interact_of(request)
        own = [self._say(request, mark, "a"), self._say(request, mark, "b")]
        if mark is None:
            own += [self._start(request, name, 1) for name in ("f", "g") if len(self.ran) == 1]
        elif mark[0] == "f":
            nested = ("f/n", len(self.ran))
            own[1:1] = [self._start(request, *nested), self._say(request, nested, "n")]
        reply = self._made(request, mark, "execute_reply", {"status": "ok"}, "shell")
        return [self._state(request, mark, "busy"), *own, reply, self._state(request, mark, "idle")]

    def _made(
        self, request: Message, mark: Any, msg_type: str, content: dict[str, Any], channel: Any = "iopub"
    ) -> Message:
        stamp = {"interact": {"function_name": mark[0], "state": mark[1]}} if mark else {}
        return make(msg_type, channel, content, request["header"], stamp)

    def _say(self, request: Message, mark: Any, text: str) -> Message:
        return self._made(request, mark, "stream", {"name": "stdout", "text": text})

    def _state(self, request: Message, mark: Any, state: str) -> Message:
        return self._made(request, mark, "status", {"execution_state": state})

    def _start(self, request: Message, name: str, state: int) -> Message:
        message = extension("interact_start", {"function_name": name, "state": state, "options": {}})
        message["parent_header"] = request["header"]
        if "/" in name:
            message["metadata"]["interact"] = {"function_name": name, "state": state}
        return message

    def speak(self) -> None:
        """The next message of what runs leaves the kernel."""
        self._leaves(self.script.popleft())

    def speak_late(self, request: Message) -> None:
        """A thread that an execution left behind still prints."""
        self._leaves(self._say(request, interact_of(request), "late"))

    def _leaves(self, message: Message) -> None:
        self._marks += 1
        place = "text" if message["header"]["msg_type"] == "stream" else "mark"
        message["content"][place] = f"{message['content'].get(place, '')}<{self._marks}>"
        self.sent.append(message)
        self._channels[message["channel"]].put_nowait((message, len(dumps(message))))

    async def messages(self, channel: str) -> AsyncIterator[tuple[Message, int]]:
        while True:
            yield await self._channels[channel].get()

    async def died(self) -> str:
        return (await asyncio.Event().wait() and "kernel_died") or ""

    cut_off = died

    async def interrupt(self) -> None: ...

    async def close(self) -> None: ...


class _AtOnce(Executor):
    """Threads whose calls are over before they begin; those of a dead device never end."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        if not self._agent.is_dead:
            try:
                future.set_result(call(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)
        return future


class Agent:
    """One device: its worker, and its calls of the service, made again as device_agent/router.py does."""

    def __init__(self, device: Device, faults: Faults) -> None:
        self.device = device
        self.kernel = Kernel()
        self.is_dead = False
        self.ready = 1
        self._faults = faults
        clock = device.world.clock
        self.clock = SimpleNamespace(now=clock.time)
        self._lease = Lease(device.aws.settings.device_lost_after, clock.now, lambda: clock.now)
        limits = Limits(run_seconds=1e6, session_seconds=1e6, output_mb=1000, output_mb_per_second=100)
        settings = SimpleNamespace(limits=limits, interrupt_timeout=10.0)
        services = SimpleNamespace(
            settings=settings, router=self, aws=device.aws, pool=self, run=device.run, lease=self._lease,
            output=_AtOnce(self), report_every=0,
        )  # fmt: skip
        self._services = cast(Services, services)
        self.worker: Worker | None = None
        self.tasks: list[asyncio.Task[Any]] = [asyncio.create_task(self._beat())]

    async def acquire(self, name: str) -> Kernel:
        return self.kernel

    async def begin(self, session: str) -> None:
        """The pool's queue has brought a session."""
        if self.worker is None:
            worker = Worker(self._services, session)
            if await worker.claim():
                self.worker = worker
                self.tasks.append(asyncio.create_task(worker.run()))

    async def _beat(self) -> None:
        while not self.is_dead:
            asked_at = self.device.world.clock.now
            with contextlib.suppress(LongwireError, *AwsError):
                self.device.heartbeat()
                if self._lease.renewed(asked_at) and self.worker:
                    self.worker.doubt()
            await asyncio.sleep(_BEAT_EVERY)

    async def claim(self, session: str, run: int, take: bool) -> Any:
        body = json.dumps({"run": run, "take": take})
        return await self._call(lambda: http.claim(self.device.aws, self.device.authorized(), session, body))

    async def take(self, session: str, body: Any) -> Any:
        return await self._of_session(http.take, session, body)

    async def end(self, session: str, body: Any) -> Any:
        return await self._of_session(http.end, session, body)

    async def _of_session(self, call: Callable[..., Any], session: str, body: Any) -> Any:
        device, text = self.device, json.dumps(body)
        return await self._call(lambda: call(device.aws, device.device_id, device.token, session, text))

    async def _call(self, call: Callable[[], Any]) -> Any:
        for _ in range(_TRIES):
            if self.is_dead:
                raise Gone("nobody is there to hear the answer")
            try:
                with self._faults.invocation():
                    return json.loads(json.dumps(call()))
            except (TimedOut, Busy, *AwsError):
                await asyncio.sleep(0.2)
            except LongwireError as error:
                kind = Gone if error.status in (404, 409, 410) else AgentError
                raise kind(error.text) from error
        raise Unreachable("the service does not answer")

    async def close(self) -> None:
        """Forget it, as kill -9 does; nothing that its tasks still try has an effect."""
        self.is_dead = True
        for task in self.tasks:
            task.cancel()
        await asyncio.wait(self.tasks, timeout=5)
