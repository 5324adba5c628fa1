"""What leaves a session: text joined and cut without loss, what is replaced before it left is left out."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.frames import MAX_POST_BYTES, dumps, length
from chalicelib.messages import Message, interact_of, make
from device_agent.stream import MAX_TEXT, Parcel, add, after_line, parcels


def text(
    content: str, name: str = "stdout", mark: tuple[str, int] | None = None, parent: str = "p"
) -> Message:
    metadata: dict[str, Any] = {}
    if mark:
        metadata["interact"] = {"function_name": mark[0], "state": mark[1]}
    return make("stream", "iopub", {"name": name, "text": content}, {"msg_id": parent}, metadata)


def of_type(msg_type: str, content: dict[str, Any], mark: tuple[str, int] | None = None) -> Message:
    message = text("", mark=mark)
    message["header"]["msg_type"] = msg_type
    message["content"] = content
    return message


def picture(mark: tuple[str, int] | None = None, size: int = 10) -> Message:
    return of_type("display_data", {"data": {"text/plain": "x" * size}}, mark)


def update(display_id: str, value: int) -> Message:
    return of_type("update_display_data", {"data": value, "transient": {"display_id": display_id}})


def clear(wait: bool, mark: tuple[str, int] | None = None) -> Message:
    return of_type("clear_output", {"wait": wait}, mark)


def waiting(*messages: Message) -> list[Parcel]:
    pending: list[Parcel] = []
    for message in messages:
        for parcel in parcels(message):
            add(pending, parcel)
    return pending


def left(*messages: Message) -> list[Message]:
    return [parcel.message for parcel in waiting(*messages)]


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


def is_covered(message: Message, later: list[Message]) -> bool:
    """Whether a newer state of the same interact shows something behind it."""
    mark = interact_of(message)
    return mark is not None and any(
        newer[0] == mark[0] and newer[1] > mark[1] for one in later if (newer := interact_of(one))
    )


@given(st.lists(STREAMS | st.builds(picture, MARKS), max_size=8))
def test_all_text_leaves_in_its_order_with_its_owner_but_that_of_older_states(
    messages: list[Message],
) -> None:
    pending = waiting(*messages)

    newest = [one for place, one in enumerate(messages) if not is_covered(one, messages[place + 1 :])]
    assert told([parcel.message for parcel in pending]) == told(newest)
    assert all(len(one.message["content"].get("text", "")) <= MAX_TEXT for one in pending)
    assert all(one.size == length(one.message["content"]["text"]) for one in pending if one.is_text)


def test_lines_that_are_printed_one_by_one_leave_as_one_message() -> None:
    pending = left(*(text(f"{number}\n") for number in range(1000)))

    assert len(pending) == 1
    assert pending[0]["content"]["text"] == "".join(f"{number}\n" for number in range(1000))


def test_joining_does_not_change_messages_that_are_kept_elsewhere() -> None:
    first = text("a")

    left(first, text("b"))

    assert first["content"]["text"] == "a"


def test_the_parts_of_a_long_text_have_ids_of_their_own() -> None:
    parts = list(parcels(text("x" * (2 * MAX_TEXT + 1))))

    assert len(parts) == 3
    assert len({part.message["header"]["msg_id"] for part in parts}) == 3


def test_a_part_of_a_long_text_fits_a_websocket_message() -> None:
    for part in parcels(text("\u20ac" * 3 * MAX_TEXT)):
        assert len(dumps(part.message).encode()) < MAX_POST_BYTES


def test_only_the_newest_update_of_a_display_leaves() -> None:
    a1, b1, a2 = update("a", 1), update("b", 1), update("a", 2)

    assert left(a1, b1, a2) == [b1, a2]


def test_what_is_cleared_before_it_left_does_not_leave() -> None:
    mine, clears, others = picture(("f", 1)), clear(False, ("f", 1)), picture()

    assert left(mine, others, mine, clears) == [others, clears]


def test_a_clear_that_waits_clears_when_the_next_output_is_there() -> None:
    first, waits, second, third = picture(), clear(True), picture(), picture()

    assert left(first, waits) == [first, waits]
    assert left(first, waits, second) == [waits, second]
    assert left(first, waits, second, third) == [waits, second, third]


def test_an_animation_leaves_as_its_last_picture() -> None:
    frames = [one for _ in range(50) for one in (clear(True), picture())]

    assert left(*frames) == frames[-2:]


def test_of_states_that_come_faster_than_they_leave_only_the_newest_leaves() -> None:
    late, error = picture(("f", 1)), of_type("error", {}, ("f", 2))
    others, newest = picture(("g", 1)), picture(("f", 3))

    assert left(picture(("f", 1)), others, picture(("f", 2)), error, newest) == [others, error, newest]
    assert left(newest, late) == [newest, late]


def test_what_is_no_output_is_never_cleared() -> None:
    comm, error = of_type("comm_msg", {}), of_type("error", {})

    assert left(comm, error, clear(False))[:2] == [comm, error]


def test_text_behind_a_gap_begins_with_a_whole_line_if_one_is_near() -> None:
    def shown(content: str) -> str:
        (parcel,) = parcels(text(content))
        return str(after_line(parcel, 5).message["content"]["text"])

    assert shown("rest\nwhole\n") == "whole\n"
    assert shown("no line is near\nwhole\n") == "no line is near\nwhole\n"
    assert shown("last\n") == "last\n"
