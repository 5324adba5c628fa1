"""What a replay shows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.iopub import Slot, current, session_key
from chalicelib.messages import Message, interact_of, make


def message(sequence: int, mark: tuple[str, int] | None = None) -> Message:
    metadata: dict[str, Any] = {}
    if mark:
        metadata["interact"] = {"function_name": mark[0], "state": mark[1]}
    made = make("stream", "iopub", {"name": "stdout", "text": str(sequence)}, metadata=metadata)
    made["sequence"] = sequence
    return made


MARKS = st.none() | st.tuples(st.sampled_from(["f", "g", "f/g"]), st.integers(1, 4))


@st.composite
def stored(draw: st.DrawFn) -> list[Message]:
    """Messages as a query finds them: in any order."""
    marks = draw(st.lists(MARKS, max_size=15))
    return draw(st.permutations([message(number + 1, mark) for number, mark in enumerate(marks)]))


def newest(messages: list[Message], function: str) -> tuple[int, int]:
    """The newest state of a function, and the sequence of its first message; (0, 0) if it has none."""
    marks = [
        (mark[1], -one["sequence"]) for one in messages if (mark := interact_of(one)) and mark[0] == function
    ]
    state, first = max(marks, default=(0, 0))
    return state, -first


@given(stored())
def test_a_replay_never_shows_an_older_state_after_a_newer(messages: list[Message]) -> None:
    for one in current(messages):
        if mark := interact_of(one):
            assert mark[1] == newest(messages, mark[0])[0]


@given(stored())
def test_a_replay_is_in_order_and_keeps_all_that_nothing_replaced(messages: list[Message]) -> None:
    shown = [one["sequence"] for one in current(messages)]

    assert shown == sorted(shown)
    for one in messages:
        mark = interact_of(one)
        replaced = mark is not None and mark[1] < newest(messages, mark[0])[0]
        made_again = mark is not None and mark[0] == "f/g" and one["sequence"] < newest(messages, "f")[1]
        assert (one["sequence"] in shown) is not (replaced or made_again)


def test_a_nested_function_that_is_not_made_again_is_gone() -> None:
    before = [message(1, ("f", 1)), message(2, ("f/g", 1))]
    after = [message(3, ("f", 2))]

    assert [one["sequence"] for one in current(before)] == [1, 2]
    assert [one["sequence"] for one in current(before + after)] == [3]


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_slots_sort_as_they_were_numbered(one: int, two: int) -> None:
    keys = [Slot("exec#000001", number, ()).key for number in (one, two)]

    assert (keys[0] < keys[1]) == (one < two)


def test_a_partition_belongs_to_one_claim_of_one_device() -> None:
    assert session_key("device", "session", 2) == "device#session#2"
