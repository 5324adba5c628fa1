"""How many AWS requests everything takes: constants, however many sessions there are."""

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chalicelib import http, sessions, tokens
from chalicelib.terms import Terms
from device_agent import agent as agents
from device_agent.agent import Agent
from device_agent.clock import ServiceClock
from device_agent.flow import Flow
from device_agent.outbox import Outbox
from device_agent.settings import AgentSettings
from tests.contract.world import Browser, Device, World, change, output

Counts = dict[str, int]

# Every line is a promise about what Longwire costs. Raise a number only if you mean to.
NEW_SESSION = {
    "GetItem": 2,  # the connection; whether a device has claimed the session meanwhile
    "PutItem": 4,  # the session, the connection twice (by its id, and by the session), the request
    "UpdateItem": 2,  # its place among those that live, the runs of this minute
    "SendMessage": 1,
    "PostToConnection": 1,
}
NEW_SESSION_OF_A_PAGE = {**NEW_SESSION, "UpdateItem": 3}  # the sessions of its site
RUN_IN_A_SESSION = {"PutItem": 1, "UpdateItem": 1, "SendMessage": 1}  # the runs of this minute
RUN_AFTER_A_REST = {**RUN_IN_A_SESSION, "GetItem": 1}  # whether the session still runs
SLIDER_CHANGE = {"PutItem": 1, "SendMessage": 1}
SLIDER_CHANGE_AFTER_A_REST = {**SLIDER_CHANGE, "GetItem": 1}  # whether the session still runs
SLIDER_CHANGE_IN_A_NEW_PROCESS = {**SLIDER_CHANGE, "GetItem": 2}  # which does not know the connection yet
GRANT_OF_AN_UPLOAD = {"GetItem": 1, "UpdateItem": 1}  # the session, the counter of its minute
TAKE_OF_A_CHANGE = {"BatchGetItem": 1, "Query": 1}
FLUSH = {"PutItem": 1, "PostToConnection": 1}
FLUSH_OF_TWO_FUNCTIONS = {"PutItem": 2, "PostToConnection": 1}
HELLO = {
    "GetItem": 3,  # the connection, the session, and whether its device lives
    "Query": 1,
    "PutItem": 1,
    "PostToConnection": 1,
}
HELLO_OF_A_WATCHER = {
    **HELLO,
    "Query": 2,  # how many watch already
    "PutItem": 2,  # its rows
    "SendMessage": 1,  # the device learns of it
}
REQUEST_OF_A_WATCHER = {"PostToConnection": 1}  # the refusal
IDLE_MINUTE_OF_AN_AGENT = {
    "ReceiveMessage": 6,  # two queues, 20 s each
    "GetItem": 6,  # a heartbeat every 10 s
    "UpdateItem": 6,
}


@pytest.fixture
def device(world: World) -> Device:
    return world.device()


@pytest.fixture(params=[1, 50], ids=["1 session", "50 sessions"], autouse=True)
def existing(request: pytest.FixtureRequest, world: World, device: Device) -> None:
    """Sessions that are there already: most of them the device's own."""
    for number in range(request.param):
        session, _ = sessions.create(world.aws, Terms())
        if number % 5 == 0:
            continue
        sessions.update(
            world.aws, session, status="running", device_id=device.device_id, run=device.run, epoch=1
        )


@pytest.fixture
def running(world: World, device: Device) -> Browser:
    browser = world.browser()
    browser.run()
    device.claim(browser.session)
    [request] = device.take(browser.session)["shell"]
    device.take(browser.session, "control", done={"shell": [request["key"]]})
    return browser


def _outbox(world: World, device: Device, browser: Browser) -> Outbox:
    key, epoch = device.key(browser.session), device.epochs[browser.session]
    flow = Flow(1e9, 1e8, asyncio.get_running_loop().time())
    return Outbox(world.aws, key, epoch, flow, now=world.clock.time)


def counted(world: World, action: Callable[[], object]) -> Counts:
    before = world.calls.copy()
    action()
    return dict(world.calls - before)


def test_a_new_session(world: World) -> None:
    browser = world.browser()

    assert counted(world, browser.run) == NEW_SESSION
    page = world.browser(headers={"Origin": "https://notes.example"})
    assert counted(world, page.run) == NEW_SESSION_OF_A_PAGE


def test_a_run_in_a_session_that_is_there(world: World, running: Browser) -> None:
    running.change(1, x=1)

    assert counted(world, running.run) == RUN_IN_A_SESSION
    world.clock.now += 2
    assert counted(world, running.run) == RUN_AFTER_A_REST


def test_a_slider_change_and_its_take(world: World, device: Device, running: Browser) -> None:
    running.change(1, x=1)
    assert counted(world, lambda: device.take(running.session, "shell")) == TAKE_OF_A_CHANGE

    assert counted(world, lambda: running.change(2, x=2)) == SLIDER_CHANGE
    assert counted(world, lambda: running.change(3, x=3)) == SLIDER_CHANGE
    world.clock.now += 2
    assert counted(world, lambda: running.change(4, x=4)) == SLIDER_CHANGE_AFTER_A_REST
    world.aws.watched.clear()
    world.aws.running.clear()
    assert counted(world, lambda: running.change(5, x=5)) == SLIDER_CHANGE_IN_A_NEW_PROCESS


def test_a_change_that_is_put_away_costs_its_grant_and_no_more_than_any(
    world: World, device: Device, running: Browser
) -> None:
    def grant() -> None:
        http.grant_upload(world.aws, running.session, running.token, '{"size": 8000000}')

    running.change(1, x=1)
    put_away = change(2)
    put_away = {**put_away, "content": {}}
    put_away["metadata"]["payload"] = {"upload": "0" * 32}
    assert counted(world, grant) == GRANT_OF_AN_UPLOAD
    assert counted(world, lambda: running.send(put_away)) == SLIDER_CHANGE
    assert counted(world, lambda: device.take(running.session, "shell")) == TAKE_OF_A_CHANGE


def test_a_hello(world: World, device: Device, running: Browser) -> None:
    device.store(running.session, output(1), output(2))

    assert counted(world, running.hello) == HELLO


def test_a_hello_and_a_request_of_a_watcher(world: World, device: Device, running: Browser) -> None:
    device.store(running.session, output(1), output(2))
    watcher = world.browser()
    watcher.session, watcher.token = running.session, tokens.watch_token(running.token)

    assert counted(world, watcher.hello) == HELLO_OF_A_WATCHER
    assert counted(world, watcher.hello) == HELLO
    assert counted(world, watcher.run) == REQUEST_OF_A_WATCHER


@pytest.mark.parametrize("watchers", [0, 1, 30])
async def test_a_watcher_costs_one_post_a_flush_and_nothing_else(
    world: World, device: Device, running: Browser, watchers: int
) -> None:
    outbox = _outbox(world, device, running)
    outbox.watch({world.browser().connection_id: 0 for _ in range(watchers)})
    flushing = asyncio.create_task(outbox.run())
    try:
        for _ in range(3):
            before = world.calls.copy()
            for number in range(100):
                outbox.put(output(0, f"{number}\n"))
            await outbox.flushed(10)
            counts = dict(world.calls - before)
            assert counts == {"PutItem": 1, **({"PostToConnection": watchers} if watchers else {})}
    finally:
        flushing.cancel()


async def test_a_flush_of_output(world: World, device: Device, running: Browser) -> None:
    outbox = _outbox(world, device, running)
    outbox.watch({running.connection_id: 0})
    flushing = asyncio.create_task(outbox.run())

    async def flush(*messages: Any) -> Counts:
        before = world.calls.copy()
        for message in messages:
            outbox.put(message)
        await outbox.flushed(10)
        return dict(world.calls - before)

    try:
        assert await flush(*(output(0, f"{number}\n") for number in range(100))) == FLUSH
        assert await flush(output(0, "old", "f", 1), output(0, "new", "f", 2)) == FLUSH
        assert await flush(output(0, "f", "f", 3), output(0, "g", "g", 1)) == FLUSH_OF_TWO_FUNCTIONS
    finally:
        flushing.cancel()


class QuickLoop(asyncio.SelectorEventLoop):
    """Goes to the next timer at once when there is nothing else to do, so that a minute takes no time."""

    def __init__(self) -> None:
        self._now = 0.0
        loop = self

        class Selector(selectors.DefaultSelector):
            def select(self, timeout: float | None = None) -> Any:
                loop._now += timeout or 0.0
                return super().select(0)

        super().__init__(Selector())

    def time(self) -> float:
        return self._now


class Wire:
    """Stands for device_agent.router.Router: calls the service's functions in this process."""

    skew = 0.0
    clock = ServiceClock()

    def __init__(self, device: Device) -> None:
        self._device = device

    def become(self, device_id: str, token: str) -> None:
        pass

    async def health(self) -> dict[str, Any]:
        return http.health("0")

    async def start(self, _facts: Any, sandbox: str) -> dict[str, Any]:
        return self._device.start(sandbox=sandbox)

    async def heartbeat(self, beat: dict[str, Any]) -> dict[str, Any]:
        return http.heartbeat(self._device.aws, self._device.authorized(), json.dumps(beat))


class NoKernels:
    def __init__(self, *_: Any) -> None:
        pass

    fails = False
    ready = 0

    def start(self) -> None:
        pass

    async def close(self) -> None:
        pass


def test_an_idle_minute_of_an_agent(
    world: World, device: Device, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pool_rings()
    (tmp_path / "device.json").write_text(
        json.dumps({"device_id": device.device_id, "device_token": device.token})
    )
    monkeypatch.setattr(agents, "device_clients", lambda _router, _settings: world.aws)

    async def poll(call: Any, **request: Any) -> Any:
        await asyncio.sleep(request.pop("WaitTimeSeconds"))  # as long as SQS holds an empty poll
        return call(**request, WaitTimeSeconds=0)

    monkeypatch.setattr(asyncio, "to_thread", _poll_or_call(poll))

    async def minute() -> Counts:
        make_pool: Any = NoKernels
        agent = Agent(AgentSettings("http://service.test", tmp_path), make_pool)
        agent._router = Wire(device)  # type: ignore[assignment]
        living = asyncio.create_task(agent.run())
        await asyncio.sleep(20.5)
        before = world.calls.copy()
        await asyncio.sleep(60)
        counts = dict(world.calls - before)
        agent.stop()
        await living
        return counts

    loop = QuickLoop()
    try:
        assert loop.run_until_complete(minute()) == IDLE_MINUTE_OF_AN_AGENT
    finally:
        loop.close()


def _poll_or_call(poll: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def to_thread(call: Any, *arguments: Any, **request: Any) -> Any:
        if "WaitTimeSeconds" in request:
            return await poll(call, **request)
        return call(*arguments, **request)

    return to_thread
