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


@given(stored())
def test_a_replay_never_shows_an_older_state_after_a_newer(messages: list[Message]) -> None:
    seen: dict[str, set[int]] = {}
    for one in current(messages):
        if mark := interact_of(one):
            seen.setdefault(mark[0], set()).add(mark[1])

    for function, states in seen.items():
        marks = [mark for one in messages if (mark := interact_of(one)) and mark[0] == function]
        assert states == {max(state for _, state in marks)}


@given(stored())
def test_a_replay_is_in_order_and_keeps_all_that_no_newer_state_replaced(messages: list[Message]) -> None:
    shown = current(messages)
    sequences = [one["sequence"] for one in shown]

    assert sequences == sorted(sequences)
    for one in messages:
        mark = interact_of(one)
        replaced = mark is not None and any(
            other is not None and other[0] == mark[0] and other[1] > mark[1]
            for other in map(interact_of, messages)
        )
        assert (one["sequence"] in sequences) is not replaced


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_slots_sort_as_they_were_numbered(one: int, two: int) -> None:
    keys = [Slot("exec#000001", number, ()).key for number in (one, two)]

    assert (keys[0] < keys[1]) == (one < two)


def test_a_partition_belongs_to_one_device_and_session() -> None:
    assert session_key("device", "session") == "device#session"
