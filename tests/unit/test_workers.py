"""Which sessions a device takes up: what the pool's queue brings, and claims whose answer was lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from device_agent import room, workers
from device_agent.doorbells import Doorbell, Doorbells
from device_agent.errors import AgentError, Unreachable
from device_agent.worker import Services
from device_agent.workers import Workers

Outcome = bool | AgentError
LOST = Unreachable("no answer came")


class Claims:
    """What the service answers to each claim, in order; the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[Outcome] = [True]
        self.made: list[str] = []
        self.asked = asyncio.Event()
        self.workers: list[FakeWorker] = []


class FakeWorker:
    """Claims as the test says; its session lives until the test ends it."""

    claims: Claims

    def __init__(self, _services: Services, session_id: str) -> None:
        self.session_id = session_id
        self.has_claimed = False
        self.rings: list[tuple[str, Any]] = []
        self.over = asyncio.Event()
        self.claims.workers.append(self)

    async def claim(self) -> bool:
        answers = self.claims.answers
        self.claims.made.append(self.session_id)
        self.claims.asked.set()
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, AgentError):
            raise answer
        self.has_claimed = answer
        return answer

    def ring(self, channel: str, request: Any = None) -> None:
        self.rings.append((channel, request))

    async def run(self) -> None:
        await self.over.wait()


class Queue:
    """A queue that brings what the test puts in."""

    def __init__(self) -> None:
        self.brings: asyncio.Queue[list[Doorbell]] = asyncio.Queue()
        self.deleted: list[str] = []
        self.given_back: list[str] = []

    async def forever(self, _room: Any = None) -> AsyncIterator[list[Doorbell]]:
        while True:
            yield await self.brings.get()

    def heard(self, doorbell: Doorbell) -> None:
        self.deleted.append(doorbell.receipt)

    async def give_back(self, doorbell: Doorbell, after: int = 0) -> None:
        self.given_back.append(doorbell.receipt)


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Iterator[Claims]:
    claims = FakeWorker.claims = Claims()
    monkeypatch.setattr(workers, "Worker", FakeWorker)
    monkeypatch.setattr(workers, "_CLAIM_AGAIN_AFTER", (0.0, 0.0, 0.0))
    monkeypatch.setattr(room, "has_memory", lambda _capacity: True)
    yield claims


class Run:
    """A device's workers with both of their queues."""

    def __init__(self, capacity: int = 2) -> None:
        services = SimpleNamespace(
            settings=SimpleNamespace(capacity=capacity), pool=SimpleNamespace(fails=False)
        )
        self.stopping = asyncio.Event()
        self.workers = Workers(cast(Services, services), capacity, self.stopping, lambda _error: None)
        self.own, self.pool = Queue(), Queue()
        self.tasks = [
            asyncio.create_task(self.workers.listen(cast(Doorbells, self.own))),
            asyncio.create_task(self.workers.take(cast(Doorbells, self.pool))),
        ]

    async def __aenter__(self) -> "Run":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()

    async def settles(self) -> None:
        """Everything that can be done without waiting has been done."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def ring(self, queue: Queue, *bells: Doorbell) -> None:
        queue.brings.put_nowait(list(bells))
        await self.settles()


def bell(receipt: str = "r", channel: str | None = "control", session: str = "s") -> Doorbell:
    return Doorbell(session, channel, receipt, {"key": "k", "message": {}})


async def test_a_bell_for_a_session_whose_claim_has_no_answer_yet_is_kept_until_there_is_one(
    claims: Claims,
) -> None:
    async with Run() as run:
        worker = FakeWorker(cast(Services, None), "s")
        run.workers._workers["s"] = cast(Any, worker)
        await run.ring(run.own, bell("early"))
        assert (len(worker.rings), run.own.deleted) == (1, [])

        worker.has_claimed = True
        await run.ring(run.own, bell("again"))
        assert (len(worker.rings), run.own.deleted) == (2, ["again"])


async def test_a_claim_without_an_answer_is_made_again(claims: Claims) -> None:
    claims.answers = [LOST, LOST, True]
    async with Run() as run:
        await run.ring(run.pool, bell(channel=None))

        assert claims.made == ["s"] * 3
        assert (len(run.workers), run.pool.deleted) == (1, ["r"])


async def test_a_claim_is_not_made_again_for_ever_and_its_place_is_free_then(claims: Claims) -> None:
    claims.answers = [LOST]
    async with Run() as run:
        await run.ring(run.pool, bell(channel=None))

        assert len(claims.made) == 1 + len(workers._CLAIM_AGAIN_AFTER)
        assert (len(run.workers), run.pool.deleted) == (0, [])


async def test_an_agent_that_stops_makes_no_claim_again(claims: Claims) -> None:
    claims.answers = [LOST]
    async with Run() as run:
        run.pool.brings.put_nowait([bell(channel=None)])
        await claims.asked.wait()
        run.stopping.set()
        await run.settles()

        assert (len(claims.made), len(run.workers)) == (1, 0)


async def test_the_devices_own_bell_for_a_session_without_a_worker_claims_it(claims: Claims) -> None:
    async with Run() as run:
        await run.ring(run.own, bell())

        assert (claims.made, len(run.workers), run.own.deleted) == (["s"], 1, ["r"])


async def test_several_such_bells_make_one_worker(claims: Claims) -> None:
    async with Run() as run:
        await run.ring(run.own, bell("1"), bell("2"))

        assert (claims.made, len(run.workers), run.own.given_back) == (["s"], 1, [])


async def test_a_bell_for_a_session_that_is_anothers_is_ignored(claims: Claims) -> None:
    claims.answers = [False]
    async with Run() as run:
        await run.ring(run.own, bell("1"))
        await run.ring(run.own, bell("2"))

        assert (claims.made, len(run.workers), run.own.deleted) == (["s"], 0, ["1", "2"])


async def test_a_bell_for_a_session_that_was_here_and_is_over_is_ignored(claims: Claims) -> None:
    async with Run() as run:
        await run.ring(run.pool, bell("new", channel=None))
        claims.workers[0].over.set()
        await run.settles()

        await run.ring(run.own, bell("late"))

        assert (claims.made, len(run.workers), run.own.deleted) == (["s"], 0, ["late"])


async def test_without_room_the_bell_is_left_to_be_heard_again(claims: Claims) -> None:
    async with Run(capacity=1) as run:
        await run.ring(run.pool, bell(channel=None, session="other"))
        await run.ring(run.own, bell())

        assert (claims.made, run.own.deleted, run.own.given_back) == (["other"], [], [])
