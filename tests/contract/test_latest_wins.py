"""Latest wins: in whatever order changes, takes and lost answers come, the newest state is what runs last."""

import dataclasses
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
from chalicelib.errors import StaleState
from chalicelib.messages import Message
from chalicelib.terms import Terms
from tests.contract.world import World, change

FUNCTIONS = st.sampled_from(["f", "f/g"])


class LatestWins(RuleBasedStateMachine):
    """Browsers write changes, a device takes and runs them; the router's code stands between the two.

    `now` moves only when a rule moves it, so that what happens between two of its steps is within 2 s.
    """

    world: World
    rings: list[tuple[str, str, str]]

    def __init__(self) -> None:
        super().__init__()
        session, _ = sessions.create(self.world.aws, Terms())
        self.session = dataclasses.replace(session, status="running", doorbell="the device's queue")
        self.newest: dict[str, Message] = {}
        self.unseen: dict[str, float] = {}
        """function: when its newest change that no take has seen was written."""
        self.known: dict[str, int] = {}
        self.running: tuple[str, int] | None = None
        self.ran: list[tuple[str, int]] = []

    def state(self, function: str) -> int:
        newest = self.newest.get(function)
        return int(newest["metadata"]["interact"]["state"]) if newest else 0

    def send(self, message: Message) -> int:
        """Write a change.

        :returns: how often the device was rung for it.
        """
        self.rings.clear()
        channels.send(self.world.aws, self.session, message)
        assert all(ring == ("the device's queue", self.session.session_id, "shell") for ring in self.rings)
        return len(self.rings)

    @rule(function=FUNCTIONS, step=st.integers(1, 3))
    def browser_moves_a_control(self, function: str, step: int) -> None:
        message = change(self.state(function) + step, function, x=step)
        rings = self.send(message)
        self.newest[function] = message
        now = self.world.clock.now
        is_told = function in self.unseen and now - self.unseen[function] <= 2
        self.unseen[function] = now
        assert rings == (0 if is_told else 1)

    @precondition(lambda self: self.newest)
    @rule(data=st.data())
    def browser_repeats_its_last_change(self, data: Any) -> None:
        function = data.draw(st.sampled_from(sorted(self.newest)))
        # Whoever repeats did not hear whether the first time worked, so the ring may have been lost, too.
        assert self.send(self.newest[function]) == (1 if function in self.unseen else 0)

    @precondition(lambda self: self.newest)
    @rule(data=st.data(), back=st.integers(0, 2))
    def another_browser_is_late(self, data: Any, back: int) -> None:
        function = data.draw(st.sampled_from(sorted(self.newest)))
        late = max(1, self.state(function) - back)
        with pytest.raises(StaleState) as caught:
            self.send(change(late, function, x="late"))
        assert caught.value.details["state"] == self.state(function)
        assert self.rings == []

    def take(self) -> tuple[str, int] | None:
        """What the device gets, which must be the newest state of its function."""
        rows = channels.waiting(self.world.aws, self.session.session_id, "shell")
        assert channels.pending(rows) == {function: self.state(function) for function in self.unseen}
        requests = channels.take_shell(self.world.aws, rows, self.known, busy=self.running is not None)
        assert len(requests) <= 1
        for request in requests:
            mark = request.message["metadata"]["interact"]
            assert request.message == self.newest[mark["function_name"]]
            self.unseen.pop(mark["function_name"], None)
            return mark["function_name"], mark["state"]
        return None

    @rule()
    def device_takes(self) -> None:
        taken = self.take()
        if taken is None:
            return
        function, state = taken
        assert self.running is None
        assert state > self.known.get(function, 0), "a state that ran already was given again"
        self.known[function] = state
        self.running = taken
        self.ran.append(taken)

    @precondition(lambda self: self.running is None)
    @rule()
    def device_takes_and_the_answer_is_lost(self) -> None:
        self.take()

    @precondition(lambda self: self.running is None)
    @rule(function=FUNCTIONS)
    def browser_moves_a_control_while_the_device_takes(self, function: str) -> None:
        rows = channels.waiting(self.world.aws, self.session.session_id, "shell")
        self.browser_moves_a_control(function, 1)
        requests = channels.take_shell(self.world.aws, rows, self.known, busy=False)
        for request in requests:
            mark = request.message["metadata"]["interact"]
            name = mark["function_name"]
            assert mark["state"] == self.state(name), "taken though a newer one had replaced it"
            self.unseen.pop(name, None)
            self.known[name] = mark["state"]
            self.running = (name, mark["state"])
            self.ran.append(self.running)

    @precondition(lambda self: self.running is not None)
    @rule()
    def device_is_done(self) -> None:
        assert self.running is not None
        channels.done(self.world.aws, self.session.session_id, "shell", [f"interact#{self.running[0]}"])
        self.running = None

    @rule(seconds=st.sampled_from([0.5, 2.5]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.now += seconds

    @invariant()
    def states_run_in_order_and_once(self) -> None:
        for function in self.newest:
            states = [state for name, state in self.ran if name == function]
            assert states == sorted(set(states))

    def teardown(self) -> None:
        """However it went: a device that is free and looks gets to the newest state of every function."""
        self.running = None
        for _ in self.newest:
            self.device_takes()
            self.running = None
        assert self.known == {function: self.state(function) for function in self.newest}
        assert self.take() is None


class FrozenClock:
    """Every look shows the same time, so that a model can say what happens within 2 s."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return round(self.now * 1000) * 1_000_000


def test_the_newest_state_of_every_function_runs_in_the_end_and_no_replaced_one_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FrozenClock(world.clock.now)
    monkeypatch.setattr(channels, "time", clock)
    monkeypatch.setattr(world, "clock", clock)

    rings: list[tuple[str, str, str]] = []
    monkeypatch.setattr(queues, "ring", lambda _aws, *ring: rings.append(ring))
    monkeypatch.setattr(LatestWins, "world", world, raising=False)
    monkeypatch.setattr(LatestWins, "rings", rings, raising=False)
    # No shrinking: it would take longer than a test may. The failing steps are printed as they are.
    profile = settings(
        max_examples=20, stateful_step_count=20, deadline=None, database=None, phases=[Phase.generate]
    )
    run_state_machine_as_test(LatestWins, settings=profile)


def test_the_queue_is_rung_once_while_a_change_waits_and_again_when_it_waits_long(world: World) -> None:
    browser, device = world.browser(), world.device()
    browser.run()
    device.claim(browser.session)
    device.take(browser.session)
    device.rings()

    for state in range(1, 11):
        browser.change(state, x=state)
    assert device.rings() == [{"session_id": browser.session, "channel": "shell"}]

    world.clock.now += 2.1
    browser.change(11, x=11)
    assert device.rings() == [{"session_id": browser.session, "channel": "shell"}]


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
