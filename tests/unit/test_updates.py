"""Of a widget's updates that nobody has seen newer state replaces older, and nothing is reordered."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.messages import Message, make
from device_agent.updates import MAX_HELD, Updates


def update(comm_id: str, parent: str = "run", **state: Any) -> Message:
    content = {"comm_id": comm_id, "data": {"method": "update", "state": state, "buffer_paths": []}}
    return make("comm_msg", "iopub", content, {"msg_id": parent})


def printed(text: str) -> Message:
    return make("stream", "iopub", {"name": "stdout", "text": text}, {"msg_id": "run"})


def passed(*messages: Message) -> list[Message]:
    updates = Updates()
    gone = [one for message in messages for one, _ in updates.offer(message, 100)]
    return gone + [one for one, _ in updates.take()]


def states(messages: list[Message]) -> list[Any]:
    return [message["content"].get("text") or message["content"]["data"]["state"] for message in messages]


def test_updates_of_a_widget_become_one_that_has_all_their_state() -> None:
    sent = [
        update("bar", value=1),
        update("label", text="1"),
        update("bar", value=2, max=9),
        update("bar", value=3),
    ]
    assert states(passed(*sent)) == [{"text": "1"}, {"value": 3, "max": 9}]


def test_what_is_no_update_finds_the_widget_as_it_was_then() -> None:
    sent = [update("bar", value=1), printed("one"), update("bar", value=2), printed("two")]
    assert states(passed(*sent)) == [{"value": 1}, "one", {"value": 2}, "two"]


def test_an_output_widget_catches_what_comes_between_its_beginning_and_its_end() -> None:
    sent = [update("out", msg_id="run"), update("out", msg_id="")]
    assert states(passed(*sent)) == [{"msg_id": "run"}, {"msg_id": ""}]


def test_updates_of_two_requests_stay_two() -> None:
    assert len(passed(update("bar", value=1), update("bar", "next", value=2))) == 2


def test_no_more_is_held_than_may_wait() -> None:
    updates = Updates()
    gone = [len(updates.offer(update(str(n), value=n), MAX_HELD // 10)) for n in range(20)]
    assert max(gone) <= 12
    assert sum(gone) > 0


MESSAGES = st.one_of(
    st.builds(
        lambda comm_id, key, value: update(comm_id, **{key: value}),
        st.sampled_from("abc"),
        st.sampled_from(["x", "y", "msg_id"]),
        st.integers(),
    ),
    st.builds(printed, st.text(min_size=1)),
)


@given(st.lists(MESSAGES))
def test_whoever_reads_to_a_text_knows_the_same_of_every_widget(sent: list[Message]) -> None:
    def known(messages: list[Message]) -> list[Any]:
        seen: dict[str, Any] = {}
        at: list[Any] = []
        for message in messages:
            if "data" in message["content"]:
                seen.setdefault(message["content"]["comm_id"], {}).update(message["content"]["data"]["state"])
            else:
                at.append((message["content"]["text"], {name: dict(state) for name, state in seen.items()}))
        return [*at, seen]

    assert known(passed(*sent)) == known(sent)
