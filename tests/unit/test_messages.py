"""The protocol's messages: what is let through, what is refused and how, and how messages become frames."""

import itertools
import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.errors import InvalidMessage, LongwireError, MessageTooLarge, SessionEnded
from chalicelib.frames import MAX_POST_BYTES, dumps, frames
from chalicelib.messages import END_TEXTS, extension, interact_of, make
from chalicelib.parsing import (
    MAX_DEPTH,
    MAX_REQUEST_BYTES,
    MAX_WEBSOCKET_BYTES,
    completed,
    error_reply,
    parse,
    parse_json,
    validated,
)
from chalicelib.schemas import REQUESTS

_ROOT = Path(__file__).parents[2]
TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)  # lone surrogates, too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)
CONTENTS: dict[str, dict[str, Any]] = {
    "hello": {"session": None},
    "execute_request": {"code": "1 + 1"},
    "complete_request": {"code": "pri", "cursor_pos": 3},
    "inspect_request": {"code": "print", "cursor_pos": 5, "detail_level": 0},
    "is_complete_request": {"code": "for"},
    "kernel_info_request": {},
    "comm_info_request": {},
    "comm_open": {"comm_id": "1", "target_name": "x", "data": {}},
    "comm_msg": {"comm_id": "1", "data": {"a": [1]}},
    "comm_close": {"comm_id": "1", "data": {}},
    "interrupt_request": {},
    "shutdown_request": {},
    "input_reply": {"value": "yes"},
    "upload_request": {"name": "a.csv"},
    "download_request": {"name": "a.csv"},
}


def request(msg_type: str = "execute_request", **changes: Any) -> dict[str, Any]:
    """A valid request, with changes by dotted path (written with `__`); None removes."""
    message: dict[str, Any] = json.loads(
        json.dumps(make(msg_type, REQUESTS[msg_type][0], CONTENTS[msg_type]))
    )
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = message
        for parent in parents:
            target = target.setdefault(parent, {})
        target[last] = value
    return message


def shaped(message: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Messages that are wrong (or not) in one place."""
    places: list[tuple[str, ...]] = [(name,) for name in message]
    places += [("header", name) for name in ("msg_id", "msg_type", "session", "date", "more")]
    places += [("content", name) for name in (*message["content"], "more")]
    places += [("metadata", "interact")]

    def changed(place: tuple[str, ...], value: Any) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(json.dumps(message))
        target = copy
        for name in place[:-1]:
            target = target[name]
        target[place[-1]] = value
        return copy

    return st.builds(changed, st.sampled_from(places), JSON)


@given(st.text() | st.binary() | JSON.map(json.dumps))
@example("\ud800")
@example('{"a": 1e999}')
@example("[" * 100_000)
@example("1" * 5000)
@example('{"header": {"msg_type": "hello"}, "content": {"session": ' + "[" * 900 + "]" * 900 + "}}")
def test_whatever_a_frame_has_is_a_message_or_an_error_of_ours(frame: str | bytes) -> None:
    try:
        parse(frame)
    except LongwireError as error:
        assert error.status in (400, 413)
        assert error.field


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(REQUESTS)).flatmap(lambda name: shaped(request(name))))
def test_whatever_is_wrong_in_a_message_is_named_or_let_through_unchanged(raw: dict[str, Any]) -> None:
    try:
        text = json.dumps(raw, allow_nan=False)
    except ValueError:
        assume(False)
    try:
        message = parse(text)
    except LongwireError as error:
        assert isinstance(error, InvalidMessage)
        assert error.field
        assert error.text.startswith(f"{error.field}: ")
    else:
        assert message["content"] == parse_json(json.dumps(raw["content"]), len(text))
        assert json.loads(dumps(message)) == message
        json.dumps(error_reply(text, InvalidMessage("x", "y")))


@pytest.mark.parametrize("msg_type", sorted(REQUESTS))
def test_a_valid_message_of_every_type_survives(msg_type: str) -> None:
    raw = request(msg_type)

    assert parse(json.dumps(raw)) == raw


def test_what_is_optional_is_filled_in() -> None:
    raw = {
        "header": {"msg_id": "1", "msg_type": "execute_request"},
        "content": {"code": "x"},
        "channel": "shell",
    }

    message = parse(json.dumps(raw))

    assert message["header"]["msg_id"] == "1"
    assert message["header"]["version"] == "5.4"
    assert (message["parent_header"], message["metadata"], message["buffers"]) == ({}, {}, [])


INTERACT = {"function_name": "f/g-2", "values": {"x": 0.5}, "state": 3}


@pytest.mark.parametrize(
    ("msg_type", "changes", "field"),
    [
        ("execute_request", {"content__code": 5}, "content.code"),
        ("execute_request", {"content": {}}, "content"),
        ("execute_request", {"channel": "control"}, "channel"),
        ("execute_request", {"channel": "iopub"}, "channel"),
        ("execute_request", {"header": None}, "header.msg_type"),
        ("execute_request", {"header__msg_type": "execute_reply"}, "header.msg_type"),
        ("execute_request", {"header__msg_type": ["hello"]}, "header.msg_type"),
        ("execute_request", {"header__msg_id": ""}, "header.msg_id"),
        ("execute_request", {"header__msg_id": "x" * 101}, "header.msg_id"),
        ("execute_request", {"header__username": 1}, "header.username"),
        ("execute_request", {"buffers": ["not base64!"]}, "buffers.0"),
        ("execute_request", {"buffers": ["QUJD\n"]}, "buffers.0"),
        ("execute_request", {"metadata": []}, "metadata"),
        ("execute_request", {"metadata__interact": 1}, "metadata.interact"),
        ("execute_request", {"metadata__interact": INTERACT, "content__code": "1"}, "content.code"),
        ("execute_request", {"metadata__interact": {**INTERACT, "state": 0}}, "metadata.interact.state"),
        ("execute_request", {"metadata__interact": {**INTERACT, "state": 1.5}}, "metadata.interact.state"),
        ("execute_request", {"metadata__interact": {**INTERACT, "state": True}}, "metadata.interact.state"),
        ("execute_request", {"metadata__interact": {**INTERACT, "values": []}}, "metadata.interact.values"),
        (
            "execute_request",
            {"metadata__interact": {**INTERACT, "function_name": "f#1"}},
            "metadata.interact.function_name",
        ),
        (
            "execute_request",
            {"metadata__interact": {**INTERACT, "function_name": "f\n"}},
            "metadata.interact.function_name",
        ),
        ("complete_request", {"content__cursor_pos": -1}, "content.cursor_pos"),
        ("comm_msg", {"content__comm_id": None}, "content.comm_id"),
        ("input_reply", {"content__value": None}, "content.value"),
        ("hello", {"content__session": "../etc"}, "content.session"),
        ("hello", {"content__after": "1"}, "content.after"),
        ("hello", {"content__pool": "a b"}, "content.pool"),
    ],
)
def test_the_error_names_the_field_that_is_wrong(msg_type: str, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        parse(json.dumps(request(msg_type, **changes)))

    assert caught.value.field == field
    assert caught.value.content()["field"] == field
    assert caught.value.text.startswith(f"{field}: ")


def test_a_state_that_is_written_with_a_point_is_the_same_state() -> None:
    text = json.dumps(request(metadata__interact=INTERACT, content__code=""))
    text = text.replace('"state": 3', '"state": 3.0')

    assert interact_of(parse(text)) == ("f/g-2", 3)


@pytest.mark.parametrize("text", ["0.5", "-0.25", "1e-7", "1e300"])
def test_numbers_that_are_no_integers_stay_as_they_are(text: str) -> None:
    value = parse_json(text, 100)

    assert isinstance(value, float)
    assert value == float(text)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_json_does_not_have_is_refused(constant: str) -> None:
    with pytest.raises(InvalidMessage):
        parse_json(f'{{"a": {constant}}}', 100)


def test_json_may_be_nested_only_so_deep() -> None:
    def nested(depth: int) -> str:
        return "[" * depth + "]" * depth

    parse_json(nested(MAX_DEPTH), 10_000)
    for depth in (MAX_DEPTH + 1, 900, 990, 1000, 5000):
        with pytest.raises(InvalidMessage):
            parse_json(nested(depth), 100_000)


def test_a_frame_may_be_as_long_as_the_limit_and_no_longer() -> None:
    def frame(length: int) -> str:
        empty = json.dumps(request(content__code=""), ensure_ascii=False)
        return json.dumps(request(content__code="x" * (length - len(empty))), ensure_ascii=False)

    assert len(frame(MAX_WEBSOCKET_BYTES)) == MAX_WEBSOCKET_BYTES
    parse(frame(MAX_WEBSOCKET_BYTES))
    with pytest.raises(MessageTooLarge):
        parse(frame(MAX_WEBSOCKET_BYTES + 1))


def test_the_limit_counts_bytes_not_characters() -> None:
    with pytest.raises(MessageTooLarge):
        parse(json.dumps(request(content__code="é" * (MAX_WEBSOCKET_BYTES // 2)), ensure_ascii=False))
    # What is stored must fit a table's item, whatever it was before it was parsed.
    with pytest.raises(MessageTooLarge):
        validated(request(content__code="é" * (MAX_REQUEST_BYTES // 2)))


@given(JSON)
@example(float("nan"))
@example({"a": [math.inf, -math.inf, "\ud800"]})
@example(datetime(2026, 11, 24, tzinfo=UTC))
@example({"when": datetime(2026, 11, 24, tzinfo=UTC), "raw": b"\xff", "x": math.nan, "s": "\udfff"})
@example(1e308 * 10)
def test_dumps_always_gives_json_that_everybody_can_read(value: Any) -> None:
    text = dumps(value)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    json.loads(text.encode(), parse_constant=refuse)


@given(JSON)
def test_dumps_keeps_all_that_json_has(value: Any) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        assume(False)

    assert json.loads(dumps(value)) == value


def test_dumps_writes_text_as_it_is_not_escaped() -> None:
    assert dumps({"a": "é😀"}) == '{"a":"é😀"}'


MESSAGES = st.lists(
    st.builds(
        lambda text, count: make("stream", "iopub", {"name": "stdout", "text": text * count}),
        TEXT,
        st.integers(0, 60),
    ),
    max_size=12,
)


@given(MESSAGES, st.integers(1, 5000))
def test_frames_lose_nothing_keep_the_order_and_stay_below_the_limit(messages: list[Any], limit: int) -> None:
    packed = frames(messages, limit)

    parts = [json.loads(frame) for frame in packed]
    assert [message for part in parts for message in part] == json.loads(dumps(messages))
    for frame, part in zip(packed, parts, strict=True):
        assert part
        assert len(frame.encode()) <= limit or len(part) == 1


@given(st.integers(1, 40), st.integers(300, 3000))
def test_frames_are_as_few_as_fit(count: int, size: int) -> None:
    packed = frames([make("stream", "iopub", {"text": "x" * size})] * count, MAX_POST_BYTES)

    for one, two in itertools.pairwise(packed):
        first = json.loads(two)[0]
        assert len(one.encode()) + 1 + len(dumps(first).encode()) > MAX_POST_BYTES


@given(st.text(max_size=20))
def test_a_frame_is_filled_to_its_last_byte_and_not_beyond(text: str) -> None:
    two = [make("stream", "iopub", {"text": text})] * 2
    exact = len(dumps(two).encode())

    assert len(frames(two, exact)) == 1
    assert len(frames(two, exact - 1)) == 2


def test_no_messages_make_no_frames() -> None:
    assert frames([]) == []


@given(st.none() | st.text() | JSON.map(json.dumps))
@example('{"header": [["msg_type", "hello"]], "channel": "shell"}')
@example('{"header": "ab", "channel": "shell"}')
@example('{"header": [[[1], 2]], "channel": "shell"}')
@example('{"header": {"msg_type": ["x"]}, "channel": ["shell"]}')
@example('{"header": ' + '{"a":' * 900 + "1" + "}" * 900 + ', "channel": "shell"}')
@example("\ud800")
@example('{"header": {"msg_id": "\\ud800"}, "channel": "shell"}')
def test_any_text_can_be_answered(text: str | None) -> None:
    reply = error_reply(text, InvalidMessage("body: wrong", "body"))

    assert reply["channel"] in ("shell", "control", "stdin", "iopub")
    assert reply["header"]["msg_type"].endswith(("_reply", "error"))
    assert reply["content"]["field"] == "body"
    assert frames([reply])


@pytest.mark.parametrize(
    ("msg_type", "reply_type"),
    [
        ("hello", "hello_reply"),
        ("execute_request", "execute_reply"),
        ("complete_request", "complete_reply"),
        ("comm_msg", "error"),
        ("input_reply", "error"),
    ],
)
def test_an_error_is_the_reply_to_its_request_on_its_channel(msg_type: str, reply_type: str) -> None:
    raw = request(msg_type)

    reply = error_reply(json.dumps(raw), SessionEnded("over", "session", reason="idle"))

    assert (reply["header"]["msg_type"], reply["channel"]) == (reply_type, raw["channel"])
    assert reply["parent_header"] == raw["header"]
    assert (reply["content"]["ename"], reply["content"]["reason"]) == ("SessionEnded", "idle")


@given(JSON)
def test_a_mark_of_any_shape_is_a_mark_or_none(mark: Any) -> None:
    found = interact_of({"metadata": {"interact": mark}})

    if found is not None:
        assert found == (mark["function_name"], mark["state"])


def test_the_mark_of_an_interact_is_its_name_and_state() -> None:
    message = extension("interact_end", {})
    message["metadata"]["interact"] = {"function_name": "f", "state": 2}

    assert interact_of(message) == ("f", 2)
    assert interact_of(extension("interact_end", {})) is None


def test_every_limit_that_is_watched_has_words() -> None:
    watch = (_ROOT / "device_agent" / "sandbox" / "watch.py").read_text()
    watched = set(re.findall(r'return "([a-z]+)"', watch))

    assert "memory" in watched
    assert {f"limit:{name}" for name in watched} <= set(END_TEXTS)


def test_every_reason_is_documented_and_has_words() -> None:
    protocol = (_ROOT / "docs" / "protocol.md").read_text()
    [line] = [line for line in protocol.splitlines() if line.startswith("| `computation_end`")]
    listed = line.split("`reason`:")[1].split("`text`")[0]

    assert set(re.findall(r"`([a-z_:]+)`", listed)) == set(END_TEXTS)


def test_the_page_has_words_for_every_end_of_a_session() -> None:
    page = (_ROOT / "web" / "test" / "status.test.ts").read_text()
    listed = page[page.index("const LIMITS") : page.index("const ended")]
    assert set(re.findall(r'"([a-z_:]+)"', listed)) == set(END_TEXTS)


def test_code_does_not_come_with_a_change_whose_content_was_put_away_either() -> None:
    with pytest.raises(InvalidMessage) as caught:
        completed(make("execute_request", "shell", {"code": "1"}, metadata={"interact": INTERACT}))

    assert caught.value.field == "content.code"
