"""Nothing lost, nothing twice, nothing late: the channel's promises under faults, against the real code.

Real are the router with its tables (moto), and the device's worker with its requests and outbox.
`LONGWIRE_MODEL_EXAMPLES` says how many cases are run (`make model`: many).
"""

import asyncio
import contextlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib import http, websocket
from chalicelib.frames import dumps
from chalicelib.messages import Message, interact_of
from chalicelib.trouble import AwsError
from device_agent import outbox, requests, worker
from tests.contract.conftest import empty
from tests.contract.world import Browser, World
from tests.model.agent import Agent, VirtualLoop
from tests.model.faults import CALL_FAULTS, POST_FAULTS, TIMED_OUT, Faults, FaultySockets, TimedOut
from tests.model.page import Page, Screen, marks

EXAMPLES = int(os.environ.get("LONGWIRE_MODEL_EXAMPLES", "25"))
STEPS = 30
MOST_PAGES = 3
ROUNDS = 40
FUNCTIONS = st.sampled_from(["f", "g"])
KINDS = st.sampled_from([*CALL_FAULTS, *POST_FAULTS, TIMED_OUT])


class Tab:
    """A page, its websocket, and what of it is still on the way."""

    def __init__(self, page: Page, browser: Browser) -> None:
        self.page, self.browser = page, browser
        self.on_the_way: list[Message] = []


class Channel(RuleBasedStateMachine):
    """One session, some pages, one device; what is between them goes wrong."""

    world: World
    faults: Faults
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.seen["cases"] += 1
        empty()
        self.loop = VirtualLoop(self.world.clock)
        self.bells: list[dict[str, Any]] = []
        self.is_killed = False
        self.moved: set[str] = set()
        self.agent = self.loop.run_until_complete(self._agent())
        first = self.world.browser()
        first.hello(session=None, idle_timeout=3600)
        first.run("cell")
        self.session, self.token = first.session, first.token
        assert self.world.pool_rings()
        self.loop.run_until_complete(self.agent.begin(self.session))
        self.tabs = [self._tab(Page())]
        self._let(0.1)

    async def _agent(self) -> Agent:
        return Agent(self.world.device(), self.faults)

    # The parts

    def _tab(self, page: Page) -> Tab:
        tab = Tab(page, Browser(self.world, ""))
        self._connect(tab)
        return tab

    def _connect(self, tab: Tab) -> None:
        tab.page.held.clear()
        tab.page.attached = False
        tab.on_the_way.clear()
        with contextlib.suppress(*AwsError, TimedOut):
            tab.browser = self.world.browser()
            self._send(tab, tab.page.hello(self.session, self.token))

    def _send(self, tab: Tab, message: Message) -> None:
        # What ends an invocation gives no answer: who asked waits, and asks again.
        with contextlib.suppress(*AwsError, TimedOut), self.faults.invocation():
            websocket.on_message(self.world.aws, tab.browser.connection_id, json.dumps(message))
        self._collect()

    def _collect(self) -> None:
        """What left the device and the router is on its way."""
        for tab in getattr(self, "tabs", []):
            tab.on_the_way += tab.browser.inbox()
        self.bells += self.world.rings(self.agent.device.queue_url)

    def _let(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))
        self._collect()

    def _arrive(self, tab: Tab, count: int) -> None:
        for _ in range(min(count, len(tab.on_the_way))):
            for answer in tab.page.receive(tab.on_the_way.pop(0)):
                self._send(tab, answer)

    def _ring(self, bell: dict[str, Any]) -> None:
        if self.agent.worker and not self.agent.is_dead:
            self.agent.worker.ring(bell.get("channel") or "shell", bell.get("request"))

    # What readers do

    @precondition(lambda self: len(self.tabs) < MOST_PAGES)
    @rule()
    def a_page_opens(self) -> None:
        self.tabs.append(self._tab(Page()))

    @rule(data=st.data(), function=FUNCTIONS, times=st.integers(1, 3))
    def a_reader_moves_a_control(self, data: Any, function: str, times: int) -> None:
        tab = data.draw(st.sampled_from(self.tabs))
        if tab.page.attached and not self.is_killed:
            for _ in range(times):
                self._send(tab, tab.page.move(function))
            self.moved.add(function)

    @rule(data=st.data())
    def a_reader_runs_a_cell(self, data: Any) -> None:
        tab = data.draw(st.sampled_from(self.tabs))
        if tab.page.attached and not self.is_killed:
            self._send(tab, tab.page.run())

    @rule(data=st.data())
    def a_page_sends_again_what_nobody_answered(self, data: Any) -> None:
        tab = data.draw(st.sampled_from(self.tabs))
        self._send_again(tab)

    def _send_again(self, tab: Tab) -> None:
        for message in [*tab.page.flights.values(), *tab.page.unanswered.values()]:
            self._send(tab, message)

    @rule(data=st.data(), is_told=st.booleans(), reloads=st.booleans())
    def a_websocket_drops(self, data: Any, is_told: bool, reloads: bool) -> None:
        at = data.draw(st.integers(0, len(self.tabs) - 1))
        tab = self.tabs[at]
        self.seen["page reloaded" if reloads else "websocket dropped"] += 1
        self.world.sockets.gone.add(tab.browser.connection_id)
        if is_told:
            with contextlib.suppress(*AwsError, TimedOut), self.faults.invocation():
                websocket.on_disconnect(self.world.aws, tab.browser.connection_id)
        if reloads:
            self.tabs[at] = tab = Tab(tab.page.reloaded(), tab.browser)
        self._connect(tab)

    @rule(data=st.data())
    def a_page_asks_what_is_missing(self, data: Any) -> None:
        tab = data.draw(st.sampled_from(self.tabs))
        self._send(tab, tab.page.hello(self.session, self.token))

    # What is between them does

    @rule(data=st.data(), count=st.integers(1, 8))
    def frames_arrive(self, data: Any, count: int) -> None:
        self._arrive(data.draw(st.sampled_from(self.tabs)), count)

    @rule(data=st.data())
    def frames_overtake_each_other(self, data: Any) -> None:
        tab = data.draw(st.sampled_from(self.tabs))
        # (What answers a hello is posted by one invocation, in order.)
        moves = [n for n, message in enumerate(tab.on_the_way) if "sequence" in message]
        if len(moves) > 1 and moves[-1] - moves[0] == len(moves) - 1:
            tab.on_the_way[moves[0] : moves[-1] + 1] = reversed(tab.on_the_way[moves[0] : moves[-1] + 1])
            self.seen["frames reordered"] += 1

    @precondition(lambda self: self.bells)
    @rule(data=st.data(), twice=st.booleans())
    def a_bell_rings(self, data: Any, twice: bool) -> None:
        at = data.draw(st.integers(0, len(self.bells) - 1))
        self.seen["queue message reordered"] += at > 0
        self.seen["queue message doubled"] += twice
        self._ring(self.bells[at] if twice else self.bells.pop(at))
        self._let(0.05)

    @precondition(lambda self: self.bells)
    @rule(data=st.data())
    def a_bell_is_lost(self, data: Any) -> None:
        self.bells.pop(data.draw(st.integers(0, len(self.bells) - 1)))
        self.seen["queue message lost"] += 1

    @rule(seconds=st.sampled_from([0.02, 0.3, 1.5]))
    def time_passes(self, seconds: float) -> None:
        self._let(seconds)

    @rule(kind=KINDS, skips=st.integers(0, 4))
    def something_is_about_to_fail(self, kind: str, skips: int) -> None:
        self.faults.arm(kind, skips)

    # What the device does

    @precondition(lambda self: self.agent.kernel.script and not self.is_killed)
    @rule(count=st.integers(1, 7))
    def the_kernel_speaks(self, count: int) -> None:
        for _ in range(min(count, len(self.agent.kernel.script))):
            self.agent.kernel.speak()
            self._let(0)
        self._let(0.01)

    @precondition(lambda self: self.agent.kernel.ran and not self.is_killed)
    @rule(data=st.data())
    def what_ran_before_still_prints(self, data: Any) -> None:
        kernel = self.agent.kernel
        # (Reply and idle leave together, behind all else: what comes between them leaves before.)
        if not kernel.script or kernel.script[0]["content"].get("execution_state") != "idle":
            kernel.speak_late(data.draw(st.sampled_from(kernel.ran)))
            self._let(0.01)

    @precondition(lambda self: not self.is_killed and len(self.agent.kernel.ran) > 2)
    @rule(luck=st.integers(0, 5))
    def the_agent_is_killed(self, luck: int) -> None:
        if luck == 0:
            self.seen["agent killed"] += 1
            self.is_killed = True
            self.loop.run_until_complete(self.agent.close())

    # What holds at any time

    @invariant()
    def nothing_is_shown_twice_or_late_or_out_of_order(self) -> None:
        for tab in self.tabs:
            sequences = [message["sequence"] for message in tab.page.handed]
            assert sequences == sorted(set(sequences))
            seen = marks(tab.page.handed)
            assert len(seen) == len(set(seen)), "shown twice"
            newest: dict[str, int] = {}
            for name, state in filter(None, map(interact_of, tab.page.shown)):
                assert state >= newest.get(name, 0), "an older state after a newer one"
                newest[name] = state

    @invariant()
    def nothing_that_was_replaced_is_run(self) -> None:
        for function in ("f", "g"):
            states = self._run_states(function)
            assert states == sorted(set(states))

    @invariant()
    def no_cell_is_run_twice(self) -> None:
        cells = [one["header"]["msg_id"] for one in self.agent.kernel.ran if interact_of(one) is None]
        assert len(cells) == len(set(cells))

    def _run_states(self, function: str) -> list[int]:
        ran = filter(None, map(interact_of, self.agent.kernel.ran))
        return [state for name, state in ran if name == function]

    # What holds in the end

    def teardown(self) -> None:
        try:
            self.faults.disarm()
            self._settle()
            if self.is_killed:
                self._check_the_lost()
            else:
                self._check_the_living()
            self._check_replays()
        finally:
            self.loop.run_until_complete(self.agent.close())
            self.loop.close()

    def _settle(self) -> None:
        """Nothing fails any more: all that waits for something gets to it, as pages and queues do."""
        if self.is_killed:
            self.world.clock.now += self.world.aws.settings.device_lost_after + 1
        for _ in range(ROUNDS):
            for bell in self.bells[:]:
                self.bells.remove(bell)
                self._ring(bell)
            while self.agent.kernel.script and not self.is_killed:
                self.agent.kernel.speak()
                self._let(0)
            self._let(2.0)
            for tab in self.tabs:
                self._arrive(tab, len(tab.on_the_way))
                if not tab.page.attached:
                    self._connect(tab)
                if not self.is_killed:
                    self._send_again(tab)
                self._arrive(tab, len(tab.on_the_way))
            if self._rests():
                break
        for tab in self.tabs:
            self._send(tab, tab.page.hello(self.session, self.token))
            self._arrive(tab, len(tab.on_the_way))

    def _rests(self) -> bool:
        busy = self.agent.kernel.script and not self.is_killed
        flights = any(tab.page.flights or tab.page.unanswered for tab in self.tabs) and not self.is_killed
        return not (busy or flights or self.bells) and all(tab.page.attached for tab in self.tabs)

    def _rows(self) -> list[Any]:
        names = self.world.aws.settings
        answer = self.world.aws.dynamodb.query(
            TableName=names.table("shell"),
            KeyConditionExpression="session_id = :session",
            ExpressionAttributeValues={":session": {"S": self.session}},
        )
        return list(answer["Items"])

    def _check_the_living(self) -> None:
        told = {row["key"]["S"]: int(row["state"]["N"]) for row in self._rows() if "state" in row}
        for function in self.moved:
            newest = max(tab.page.counts.get(function, 0) for tab in self.tabs)
            assert self._run_states(function)[-1:] == [told[f"interact#{function}"]], "the newest was not run"
            assert newest == told[f"interact#{function}"]
        expected = Screen()
        for message in self.agent.kernel.sent:
            expected.show(message)
        for tab in self.tabs:
            assert not tab.page.unanswered, "a cell was neither run nor reported"
            assert tab.page.screen.marks == expected.marks, "a page lacks something, or shows too much"
            assert not tab.page.held
            assert not tab.page.ended

    def _check_the_lost(self) -> None:
        sent = marks(self.agent.kernel.sent)
        for tab in self.tabs:
            assert tab.page.status == "lost"
            seen = marks(tab.page.handed)
            assert seen == [mark for mark in sent if mark in set(seen)]

    def _check_replays(self) -> None:
        """A page that saw all up to a sequence and then a replay shows what one shows that never dropped."""
        page = self.tabs[0].page
        whole = self._replayed(0, [])
        assert self.is_killed or whole.marks == page.screen.marks
        last = page.last
        for after in sorted({1, 2, last // 4, last // 2, 3 * last // 4, last - 1, last} - {0, -1}):
            seen = [message for message in page.handed if message["sequence"] <= after]
            if self.is_killed:
                continue
            assert self._replayed(after, seen).marks == page.screen.marks, f"a replay from {after} differs"

    def _replayed(self, after: int, seen: list[Message]) -> Screen:
        screen = Screen()
        query = {"after": str(after)}
        answer = http.read_messages(self.world.aws, self.session, self.token, query)
        for message in [*seen, *answer["messages"]]:
            screen.show(message)
        return screen


@pytest.fixture
def faulty(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    faults = Faults(world.aws)
    world.sockets = world.aws.__dict__["connections"] = FaultySockets(faults)
    for module in (outbox, requests, worker):
        monkeypatch.setattr(module, "time", world.clock)
    yield faults
    faults.close()


@pytest.mark.timeout(60 + 30 * EXAMPLES)
def test_nothing_is_lost_nothing_comes_twice_and_nothing_late(
    world: World, faulty: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Counter[str] = Counter()
    for name, value in (("world", world), ("faults", faulty), ("seen", seen)):
        monkeypatch.setattr(Channel, name, value, raising=False)
    # No shrinking: it would take longer than a test may. The failing steps are printed as they are.
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        derandomize="LONGWIRE_MODEL_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(Channel, settings=profile)
    finally:
        sys.stdout.write("\n" + dumps({**seen, **faulty.met}) + "\n")
