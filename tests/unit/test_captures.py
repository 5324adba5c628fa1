"""What Output widgets catch is stored where their next clearing replaces it."""

from typing import Any

from chalicelib.iopub import current
from chalicelib.messages import Message, make, replaced_under
from device_agent.captures import Captures


def catching(comm_id: str, msg_id: str) -> Message:
    data = {"method": "update", "state": {"msg_id": msg_id}, "buffer_paths": []}
    return make("comm_msg", "iopub", {"comm_id": comm_id, "data": data})


def shown(msg_type: str, parent: str, **content: Any) -> Message:
    return make(msg_type, "iopub", content, {"msg_id": parent})


def stamps(*messages: Message) -> list[tuple[str, int] | None]:
    captures = Captures()
    return [replaced_under(captures.stamped(message)) for message in messages]


def test_every_clearing_is_a_newer_state_of_the_widget_that_catches() -> None:
    assert stamps(
        shown("stream", "run", text="before"),
        catching("out", "run"),
        shown("stream", "run", text="1"),
        shown("stream", "other", text="another's"),
        shown("clear_output", "run", wait=True),
        shown("display_data", "run", data={}),
        catching("out", ""),
        shown("stream", "run", text="after"),
    ) == [None, None, ("output#out", 0), None, ("output#out", 1), ("output#out", 1), None, None]


def test_the_innermost_widget_catches() -> None:
    found = stamps(catching("outer", "run"), catching("inner", "run"), shown("stream", "run", text="1"))
    assert found[-1] == ("output#inner", 0)


def test_a_replay_has_of_what_was_caught_only_what_was_not_cleared() -> None:
    captures = Captures()
    sent = [catching("out", "1"), shown("display_data", "1", data={"n": 1}), catching("out", "")]
    sent += [
        catching("out", "2"),
        shown("clear_output", "2", wait=True),
        shown("display_data", "2", data={"n": 2}),
    ]
    stored = [{**captures.stamped(one), "sequence": number} for number, one in enumerate(sent, 1)]

    replayed = current(stored)  # type: ignore[arg-type]

    assert [one["sequence"] for one in replayed] == [1, 3, 4, 5, 6]


def test_what_is_no_mark_is_none() -> None:
    wrong = [{"comm_id": "a/b", "state": 1}, {"comm_id": "a", "state": "1"}, {"comm_id": "a", "state": -1}]
    for caught in (None, 1, [], {}, *wrong):
        assert replaced_under({"metadata": {"caught": caught}}) is None
