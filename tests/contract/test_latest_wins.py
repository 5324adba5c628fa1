"""Latest wins: in whatever order changes, takes and lost answers come, the newest state is what runs last."""

import dataclasses
import threading
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib import channels, queues, sessions
from chalicelib.clients import Clients
from chalicelib.errors import StaleState
from chalicelib.messages import Message
from chalicelib.sessions import Session
from chalicelib.terms import Terms
from device_agent.waiting import Waiting
from tests.contract.world import World, change

FUNCTIONS = st.sampled_from(["f", "f/g"])


class LatestWins(RuleBasedStateMachine):
    """Browsers write changes; what brings them to the device is late, lost or doubled; the device runs them.

    Real are the router's code, the table, and what the device holds (device_agent/waiting.py).
    """

    world: World
    rings: list[tuple[Any, ...]]

    def __init__(self) -> None:
        super().__init__()
        session, _ = sessions.create(self.world.aws, Terms())
        self.session = dataclasses.replace(session, status="running", doorbell="the device's queue")
        self.newest: dict[str, Message] = {}
        self.states: dict[str, int] = {}
        self.waiting = Waiting(self.states)
        self.on_their_way: list[dict[str, Any]] = []
        self.ran: list[tuple[str, int]] = []
        self.is_busy = False

    def state(self, function: str) -> int:
        newest = self.newest.get(function)
        return int(newest["metadata"]["interact"]["state"]) if newest else 0

    def send(self, message: Message) -> None:
        """Write a change, which is brought to the device every time."""
        self.rings.clear()
        channels.send(self.world.aws, self.session.session_id, lambda: self.session, message)
        [(url, session, channel, request)] = self.rings
        assert (url, session, channel) == ("the device's queue", self.session.session_id, "shell")
        assert request["message"] == message
        self.on_their_way.append(request)

    @rule(function=FUNCTIONS, step=st.integers(1, 3))
    def browser_moves_a_control(self, function: str, step: int) -> None:
        message = change(self.state(function) + step, function, x=step)
        self.send(message)
        self.newest[function] = message

    @precondition(lambda self: self.newest)
    @rule(data=st.data())
    def browser_repeats_its_last_change(self, data: Any) -> None:
        self.send(self.newest[data.draw(st.sampled_from(sorted(self.newest)))])

    @precondition(lambda self: self.newest)
    @rule(data=st.data(), back=st.integers(0, 2))
    def another_browser_is_late(self, data: Any, back: int) -> None:
        function = data.draw(st.sampled_from(sorted(self.newest)))
        late = max(1, self.state(function) - back)
        self.rings.clear()
        with pytest.raises(StaleState) as caught:
            channels.send(
                self.world.aws,
                self.session.session_id,
                lambda: self.session,
                change(late, function, x="late"),
            )
        assert caught.value.details["state"] == self.state(function)
        assert self.rings == []

    @precondition(lambda self: self.on_their_way)
    @rule(data=st.data(), twice=st.booleans())
    def a_doorbell_arrives_in_any_order_perhaps_twice(self, data: Any, twice: bool) -> None:
        at = data.draw(st.integers(0, len(self.on_their_way) - 1))
        request = self.on_their_way[at] if twice else self.on_their_way.pop(at)
        self.waiting.offer(request["key"], request["message"])

    @precondition(lambda self: self.on_their_way)
    @rule()
    def a_doorbell_is_lost(self) -> None:
        self.on_their_way.pop()

    @rule()
    def device_looks_at_the_rows(self) -> None:
        rows, _ = channels.waiting(self.world.aws, self.session.session_id, "shell")
        found = channels.unserved(rows, self.states)
        assert [request.message for request in found] == [
            message
            for function, message in self.newest.items()
            if self.state(function) > self.states.get(function, 0)
        ] or len(found) > 1
        for request in found:
            self.waiting.offer(request.key, request.message)

    @precondition(lambda self: not self.is_busy)
    @rule()
    def device_runs_what_it_holds(self) -> None:
        found = self.waiting.next()
        if found is None:
            return
        mark = found[1]["metadata"]["interact"]
        function, state = mark["function_name"], mark["state"]
        assert state > self.states.get(function, 0), "a state that ran already was run again"
        self.states[function] = state
        self.ran.append((function, state))
        self.is_busy = True

    @precondition(lambda self: self.is_busy)
    @rule()
    def device_is_done(self) -> None:
        self.is_busy = False

    @invariant()
    def states_run_in_order_and_once(self) -> None:
        for function in self.newest:
            states = [state for name, state in self.ran if name == function]
            assert states == sorted(set(states))

    def teardown(self) -> None:
        """However it went: a device that looks once more gets to the newest state of every function."""
        self.device_looks_at_the_rows()
        while self.waiting:
            self.is_busy = False
            self.device_runs_what_it_holds()
        assert self.states == {function: self.state(function) for function in self.newest}


def test_the_newest_state_of_every_function_runs_in_the_end_and_no_replaced_one_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[tuple[Any, ...]] = []
    monkeypatch.setattr(queues, "ring", lambda _aws, *ring: rings.append(ring))
    monkeypatch.setattr(LatestWins, "world", world, raising=False)
    monkeypatch.setattr(LatestWins, "rings", rings, raising=False)
    # No shrinking: it would take longer than a test may. The failing steps are printed as they are.
    profile = settings(
        max_examples=20, stateful_step_count=20, deadline=None, database=None, phases=[Phase.generate]
    )
    run_state_machine_as_test(LatestWins, settings=profile)


def test_a_doorbell_brings_its_request_unless_that_is_large(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    device.claim(browser.session)
    device.take(browser.session)
    device.rings()

    session = sessions.get(world.aws, browser.session)

    channels.send(world.aws, browser.session, lambda: session, change(1, x=1))
    [small] = device.rings()
    channels.send(world.aws, browser.session, lambda: session, change(2, x="x" * 60_000))
    [large] = device.rings()

    assert small["request"]["key"] == "interact#f"
    assert small["request"]["message"]["metadata"]["interact"]["values"] == {"x": 1}
    assert large == {"session_id": browser.session, "channel": "shell"}


def test_what_is_read_beside_a_change_that_is_refused_has_ended_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.browser()
    browser.run()
    browser.change(2, x=2)
    get, put_item = sessions.get, world.aws.dynamodb.put_item
    refused, read = threading.Event(), []

    def write(**item: Any) -> Any:
        try:
            return put_item(**item)
        finally:
            refused.set()

    def read_slowly(aws: Clients, session_id: str) -> Session:
        assert refused.wait(10)
        found = [get(aws, session_id) for _ in range(5)]
        read.append(session_id)
        return found[-1]

    monkeypatch.setattr(world.aws.dynamodb, "put_item", write)
    monkeypatch.setattr(sessions, "get", read_slowly)
    browser.change(1, x=1)

    assert read == [browser.session]


def test_a_process_that_did_not_see_a_session_end_refuses_its_changes_two_seconds_later(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    device.claim(browser.session)
    device.take(browser.session)
    browser.change(1, x=1)
    seen = dict(world.aws.running)
    sessions.end(world.aws, sessions.get(world.aws, browser.session), "idle")
    browser.inbox()
    world.aws.running.update(seen)

    assert browser.change(2, x=2) == []
    world.clock.now += 2
    [refusal] = browser.change(3, x=3)

    assert refusal["content"]["ename"] == "SessionEnded"


def test_a_drag_leaves_one_row_with_its_last_position(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    device.claim(browser.session)
    [first] = device.take(browser.session)["shell"]

    for state in range(1, 30):
        browser.change(state, x=state)

    done = {"shell": [first["key"]]}
    [request] = device.take(browser.session, done=done)["shell"]
    assert request["message"]["metadata"]["interact"]["values"] == {"x": 29}
    assert device.take(browser.session, states={"f": 29})["shell"] == []
