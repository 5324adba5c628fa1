"""In whatever order and however often requests come: executions run in order, of changes the newest."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.messages import Message, is_settled, make
from device_agent.waiting import MOST_EXECUTIONS, Waiting

changes = st.tuples(st.sampled_from("fgh"), st.integers(1, 9))


def change(function: str, state: int) -> Message:
    mark = {"function_name": function, "values": {}, "state": state}
    return make("execute_request", "shell", {"code": ""}, metadata={"interact": mark})


def run(waiting: Waiting, states: dict[str, int]) -> tuple[str, int] | str | None:
    """Let the kernel take what comes next."""
    found = waiting.next()
    if found is None:
        return None
    mark = found[1]["metadata"].get("interact")
    if mark is None:
        return found[0]
    states[mark["function_name"]] = mark["state"]
    return mark["function_name"], mark["state"]


@given(st.lists(st.one_of(changes, st.none())))
def test_the_newest_state_of_every_function_runs_and_none_after_a_newer_one(
    steps: list[tuple[str, int] | None],
) -> None:
    states: dict[str, int] = {}
    waiting, newest, ran = Waiting(states), dict[str, int](), list[tuple[str, int]]()
    for step in [*steps, None, None, None]:
        if step:
            waiting.offer(f"interact#{step[0]}", change(*step))
            newest[step[0]] = max(step[1], newest.get(step[0], 0))
        elif found := run(waiting, states):
            assert isinstance(found, tuple)
            assert found[1] == newest[found[0]]
            ran.append(found)
    assert states == newest
    for name in newest:
        mine = [state for function, state in ran if function == name]
        assert mine == sorted(set(mine))


@given(st.permutations([f"exec#{number:03d}" for number in range(9)]), st.integers(0, 8))
def test_executions_run_once_in_the_order_in_which_they_were_written(keys: list[str], again: int) -> None:
    waiting = Waiting({})
    for key in (*keys, keys[again]):
        waiting.offer(key, make("execute_request", "shell", {"code": key}))
    assert [run(waiting, {}) for _ in range(10)] == [*sorted(keys), None]


def test_a_control_in_mid_drag_does_not_keep_another_waiting() -> None:
    states: dict[str, int] = {}
    waiting = Waiting(states)
    for function, state in (("f", 1), ("g", 1), ("f", 2), ("f", 3)):
        waiting.offer(f"interact#{function}", change(function, state))
    assert [run(waiting, states), run(waiting, states)] == [("g", 1), ("f", 3)]


def test_what_waits_is_bounded_and_it_says_so() -> None:
    waiting = Waiting({})
    for number in range(MOST_EXECUTIONS + 1):
        assert not waiting.is_full
        waiting.offer(f"exec#{number:06d}", make("execute_request", "shell", {"code": ""}))
    assert waiting.is_full


def test_a_change_that_comes_again_as_settled_is_known_to_be() -> None:
    waiting = Waiting({})
    waiting.offer("interact#f", change("f", 2))
    again = change("f", 2)
    again["metadata"]["interact"]["settled"] = True
    waiting.offer("interact#f", again)
    assert is_settled(waiting.changes["f"])
    waiting.offer("interact#f", change("f", 1))
    assert is_settled(waiting.changes["f"])
