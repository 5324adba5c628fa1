"""What is due when nothing rings: stops that are not obeyed, limits of time, and rest."""

from device_agent.sandbox.limits import Limits
from device_agent.times import FIRST_REQUEST_WITHIN, INTERRUPT, Times

LIMITS = Limits(run_seconds=300, session_seconds=1000)


def times() -> Times:
    return Times(LIMITS, interrupt_timeout=3, idle_timeout=20, began=0, active=0)


def test_a_session_without_a_request_ends_after_a_while() -> None:
    assert times().rest(lingers=False) == (FIRST_REQUEST_WITHIN, "finished")


def test_what_runs_is_interrupted_after_its_time() -> None:
    running = times()
    running.start(10)
    assert running.limit() == (310, INTERRUPT)
    assert running.rest(lingers=True) is None


def test_a_run_that_does_not_obey_its_limit_ends_the_session() -> None:
    running = times()
    running.start(10)
    running.interrupt(310, "limit:time")
    assert running.limit() == (313, "limit:time")


def test_a_run_that_does_not_obey_its_reader_ends_the_session() -> None:
    running = times()
    running.start(10)
    running.interrupt(20, "killed")
    assert running.limit() == (23, "killed")


def test_pressing_stop_again_gives_no_more_time() -> None:
    running = times()
    running.start(10)
    running.interrupt(20, "killed")
    running.interrupt(22, "killed")
    assert running.limit() == (23, "killed")


def test_a_run_that_obeyed_is_forgotten() -> None:
    obeyed = times()
    obeyed.start(10)
    obeyed.interrupt(20, "killed")
    obeyed.stop(21)
    assert obeyed.limit() == (1000, "limit:time")
    assert obeyed.rest(lingers=True) == (41, "idle")
    assert obeyed.rest(lingers=False) == (21, "finished")


def test_the_next_run_is_not_held_to_the_stop_of_the_last() -> None:
    again = times()
    again.start(10)
    again.interrupt(20, "killed")
    again.stop(21)
    again.start(22)
    assert again.limit() == (322, INTERRUPT)


def test_a_stop_when_nothing_runs_threatens_nothing() -> None:
    resting = times()
    resting.start(10)
    resting.stop(11)
    resting.interrupt(12, "killed")
    assert resting.limit() == (1000, "limit:time")


def test_a_session_ends_after_its_time_whatever_runs() -> None:
    old = times()
    old.start(900)
    assert old.limit() == (1000, "limit:time")


def test_what_was_computed_is_the_time_of_runs_and_not_of_rest() -> None:
    running = times()
    running.start(10)
    assert running.computed_at(12) == 2
    running.stop(15)
    assert running.computed_at(100) == 5
    running.start(100)
    running.stop(101.5)
    assert running.computed_at(200) == 6.5
