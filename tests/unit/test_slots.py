"""Where a session's messages are stored: in slots that newer states overwrite."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.frames import dumps
from chalicelib.iopub import END_BLOCK, MAX_ITEM_BYTES, Slot
from chalicelib.messages import Message, computation_end, interact_of, make
from device_agent.slots import Numbered, Slots

MARKS = st.none() | st.tuples(st.sampled_from(["f", "g"]), st.integers(1, 2))


def picture(mark: tuple[str, int] | None = None, size: int = 10) -> Message:
    metadata: dict[str, Any] = {}
    if mark:
        metadata["interact"] = {"function_name": mark[0], "state": mark[1]}
    return make("display_data", "iopub", {"data": {"text/plain": "x" * size}}, {"msg_id": "p"}, metadata)


def numbered(*messages: Message) -> list[Numbered]:
    for sequence, message in enumerate(messages, 1):
        message["sequence"] = sequence
    return [Numbered(message, dumps(message)) for message in messages]


def replayed(slots: list[Slot]) -> dict[str, tuple[Message, ...]]:
    """What the table has after the slots were written one after the other."""
    return {slot.key: slot.messages for slot in slots}


def test_a_newer_state_overwrites_the_older_from_its_first_slot_on() -> None:
    slots = Slots()
    old = [slots.lay(numbered(picture(("f", 1)))) for _ in range(3)]
    new = slots.lay(numbered(picture(("f", 2))))

    assert [slot.key for laid in old for slot in laid] == [f"interact#f#{n:06d}" for n in range(3)]
    assert [slot.key for slot in new] == ["interact#f#000000"]


def caught(state: int) -> Message:
    message = picture()
    message["metadata"]["caught"] = {"comm_id": "out", "state": state}
    return message


def test_what_an_output_widget_catches_after_a_clearing_overwrites_what_was_before() -> None:
    slots = Slots()
    old = [slots.lay(numbered(caught(0))) for _ in range(2)]
    new = slots.lay(numbered(caught(1)))

    assert [slot.key for laid in old for slot in laid] == [f"output#out#{n:06d}" for n in range(2)]
    assert [slot.key for slot in new] == ["output#out#000000"]


def test_late_output_of_an_older_state_overwrites_nothing_of_the_newer() -> None:
    slots = Slots()
    old, new, late = picture(("f", 1)), picture(("f", 2)), picture(("f", 1))

    table = replayed([slot for one in numbered(old, new, late) for slot in slots.lay([one])])

    assert any(new in messages for messages in table.values())
    newest = slots.lay(numbered(picture(("f", 3))))
    assert [slot.key for slot in newest] == ["interact#f#000000"]


def test_functions_do_not_overwrite_each_other() -> None:
    slots = Slots()

    keys = [slot.key for slot in slots.lay(numbered(picture(("f", 1)), picture(("f/g", 1)), picture()))]

    assert len(set(keys)) == 3


def test_the_output_of_every_execution_is_kept() -> None:
    slots = Slots()
    keys = []
    for _ in range(3):
        slots.execution_began()
        for _ in range(2):
            keys += [slot.key for slot in slots.lay(numbered(picture()))]

    assert len(set(keys)) == len(keys) == 6
    assert keys == sorted(keys)


def test_consecutive_messages_of_one_owner_share_a_slot() -> None:
    messages = numbered(picture(("f", 1)), picture(("f", 1)), picture(("f", 2)), picture(), picture())

    sizes = [len(slot.messages) for slot in Slots().lay(messages)]

    assert sizes == [2, 1, 2]


@given(st.lists(st.tuples(MARKS, st.integers(10, MAX_ITEM_BYTES // 2)), max_size=12))
def test_slots_hold_everything_in_order_and_none_is_too_large(
    shapes: list[tuple[tuple[str, int] | None, int]],
) -> None:
    messages = numbered(*(picture(mark, size) for mark, size in shapes))

    laid = Slots().lay(messages)

    assert [message for slot in laid for message in slot.messages] == [one.message for one in messages]
    for slot in laid:
        assert json.loads(slot.json or "") == list(slot.messages)
        assert len({interact_of(message) for message in slot.messages}) == 1
        sizes = [len(dumps(message).encode()) for message in slot.messages]
        assert sum(sizes) <= MAX_ITEM_BYTES or len(sizes) == 1


def test_the_end_has_a_slot_of_its_own_whatever_leaves_with_it() -> None:
    last, end = picture(), computation_end("kernel_died")

    slots = Slots().lay(numbered(last, end))

    assert [(slot.block, slot.messages) for slot in slots] == [
        ("exec#000000", (last,)),
        (END_BLOCK, (end,)),
    ]


def test_what_was_nested_starts_over_when_its_function_runs_again() -> None:
    slots = Slots()
    slots.lay(numbered(picture(("f/g", 1))))
    slots.lay(numbered(picture(("fg", 1))))

    slots.forget_under("f")

    assert slots.lay(numbered(picture(("f/g", 2))))[0].number == 0
    assert slots.lay(numbered(picture(("fg", 1))))[0].number == 1
