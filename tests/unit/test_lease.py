"""The lease of a device's sessions, on a clock that the test holds in its hand."""

import asyncio

import pytest

from device_agent.lease import Hold, Lease


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(clock: Clock) -> Lease:
    return Lease(25.0, clock(), clock)


def test_a_lease_that_is_renewed_in_time_never_lapses(lease: Lease, clock: Clock) -> None:
    hold = Hold(lease)
    for _ in range(10):
        clock.now += 20
        assert hold.sure
        assert not lease.renewed(clock())


def test_silence_makes_every_session_unsure_before_the_service_gives_it_up(
    lease: Lease, clock: Clock
) -> None:
    hold = Hold(lease)
    clock.now += 24

    assert not hold.sure


def test_a_renewal_counts_from_when_it_was_asked_for(lease: Lease, clock: Clock) -> None:
    asked_at = clock()
    clock.now += 20
    lease.renewed(asked_at)
    clock.now += 4

    assert not lease.lasts


def test_after_a_lapse_a_session_is_unsure_until_the_service_has_confirmed_it(
    lease: Lease, clock: Clock
) -> None:
    hold, before = Hold(lease), lease.term
    clock.now += 30
    assert lease.renewed(clock())
    assert lease.lasts

    assert not hold.sure
    assert not hold.confirm(before)  # asked before the lapse: what was true then says nothing now
    assert hold.confirm(hold.term)
    assert Hold(lease).sure  # a session that is claimed now


async def test_whoever_waits_goes_on_when_the_session_is_confirmed(lease: Lease, clock: Clock) -> None:
    hold, other = Hold(lease), Hold(lease)
    await hold.until_sure()
    clock.now += 30
    waiting = [asyncio.create_task(one.until_sure()) for one in (hold, other)]
    lease.renewed(clock())
    await asyncio.sleep(0)
    hold.confirm(hold.term)

    await asyncio.wait_for(waiting[0], 1)
    assert not waiting[1].done()
    other.confirm(other.term)
    await asyncio.wait_for(waiting[1], 1)
