"""What leaves a session: text joined and cut without loss, laid into slots that newer states overwrite."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.iopub import END_BLOCK, MAX_ITEM_BYTES, Slot
from chalicelib.messages import MAX_POST_BYTES, Message, computation_end, dumps, interact_of, make
from device_agent.stream import MAX_TEXT, Slots, cut, join


def text(
    content: str, name: str = "stdout", mark: tuple[str, int] | None = None, parent: str = "p"
) -> Message:
    metadata: dict[str, Any] = {}
    if mark:
        metadata["interact"] = {"function_name": mark[0], "state": mark[1]}
    return make("stream", "iopub", {"name": name, "text": content}, {"msg_id": parent}, metadata)


def picture(mark: tuple[str, int] | None = None, size: int = 10) -> Message:
    message = text("", mark=mark)
    message["header"]["msg_type"] = "display_data"
    message["content"] = {"data": {"text/plain": "x" * size}}
    return message


def numbered(*messages: Message) -> list[Message]:
    for sequence, message in enumerate(messages, 1):
        message["sequence"] = sequence
    return list(messages)


MARKS = st.none() | st.tuples(st.sampled_from(["f", "g"]), st.integers(1, 2))
STREAMS = st.builds(
    text,
    st.text(max_size=30) | st.integers(MAX_TEXT - 2, 3 * MAX_TEXT).map(lambda length: "é" * length),
    st.sampled_from(["stdout", "stderr"]),
    MARKS,
    st.sampled_from(["p", "q"]),
)


def told(messages: list[Message]) -> list[tuple[Any, ...]]:
    """What a reader sees, whatever the messages' borders: each character's stream, owner and order."""
    whole: list[list[Any]] = []
    for message in messages:
        content = message["content"]
        if "text" not in content:
            whole.append([message["header"]["msg_id"], ""])
            continue
        key = (content["name"], interact_of(message), message["parent_header"]["msg_id"])
        if whole and whole[-1][0] == key:
            whole[-1][1] += content["text"]
        elif content["text"]:
            whole.append([key, content["text"]])
    return [tuple(one) for one in whole]


@given(st.lists(STREAMS | st.builds(picture, MARKS), max_size=8))
def test_cutting_and_joining_keep_all_text_its_order_and_its_owner(messages: list[Message]) -> None:
    pending: list[Message] = []
    for message in messages:
        for part in cut(message):
            join(pending, part)

    assert told(pending) == told(messages)
    assert all(len(one["content"].get("text", "")) <= MAX_TEXT for one in pending)


def test_lines_that_are_printed_one_by_one_leave_as_one_message() -> None:
    pending: list[Message] = []
    for number in range(1000):
        join(pending, text(f"{number}\n"))

    assert len(pending) == 1
    assert pending[0]["content"]["text"] == "".join(f"{number}\n" for number in range(1000))


def test_joining_does_not_change_messages_that_are_kept_elsewhere() -> None:
    first = text("a")
    pending = [first]

    join(pending, text("b"))

    assert first["content"]["text"] == "a"


def test_the_parts_of_a_long_text_have_ids_of_their_own() -> None:
    parts = list(cut(text("x" * (2 * MAX_TEXT + 1))))

    assert len(parts) == 3
    assert len({part["header"]["msg_id"] for part in parts}) == 3


def test_a_part_of_a_long_text_fits_a_websocket_message() -> None:
    for part in cut(text("\u20ac" * 3 * MAX_TEXT)):
        assert len(dumps(part).encode()) < MAX_POST_BYTES


def replayed(slots: list[Slot]) -> dict[str, tuple[Message, ...]]:
    """What the table has after the slots were written one after the other."""
    return {slot.key: slot.messages for slot in slots}


def test_a_newer_state_overwrites_the_older_from_its_first_slot_on() -> None:
    slots = Slots()
    old = [slots.lay(numbered(picture(("f", 1)))) for _ in range(3)]
    new = slots.lay(numbered(picture(("f", 2))))

    assert [slot.key for laid in old for slot in laid] == [f"interact#f#{n:06d}" for n in range(3)]
    assert [slot.key for slot in new] == ["interact#f#000000"]


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

    assert [message for slot in laid for message in slot.messages] == messages
    for slot in laid:
        assert len({interact_of(message) for message in slot.messages}) == 1
        sizes = [len(dumps(message).encode()) for message in slot.messages]
        assert sum(sizes) <= MAX_ITEM_BYTES or len(sizes) == 1


def test_the_end_has_a_slot_of_its_own_whatever_leaves_with_it() -> None:
    last, end = text("bye"), computation_end("kernel_died")

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
