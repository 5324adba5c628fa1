"""The agent's small parts: doorbells, tokens, and who the device is."""

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import queues, tokens
from device_agent import identity
from device_agent.doorbells import Doorbell, Doorbells
from device_agent.errors import Refused
from device_agent.identity import Identity


class Queue:
    """Stands for SQS with some messages in one queue."""

    def __init__(self, *bodies: str) -> None:
        self._bodies = bodies
        self.asked: dict[str, Any] = {}
        self.sent: list[str] = []
        self.deleted: list[list[str]] = []
        self.has_deleted = threading.Event()

    def receive_message(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        found = [{"Body": body, "ReceiptHandle": str(n)} for n, body in enumerate(self._bodies)]
        return {"Messages": found} if found else {}

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        self.sent.append(MessageBody)

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> None:  # noqa: N803
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.deleted.append([entry["ReceiptHandle"] for entry in Entries])
        self.has_deleted.set()


async def heard(*bodies: str) -> list[Doorbell]:
    return await Doorbells(Queue(*bodies), "url").listen()  # type: ignore[arg-type]


@pytest.mark.parametrize("channel", ["shell", "control", "stdin", "connections", None])
async def test_a_doorbell_that_the_router_rings_is_heard(channel: str | None) -> None:
    queue = Queue()
    aws: Any = type("Aws", (), {"sqs": queue})
    queues.ring(aws, "url", "abc", channel)

    assert await heard(*queue.sent) == [Doorbell("abc", channel, "0")]


@given(
    st.lists(
        st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps), max_size=3
    )
)
@example(['{"session_id": 1}', '{"session_id": null}', "[]", "null", '{"session_id": "a", "channel": 5}'])
async def test_what_is_no_doorbell_is_left_to_the_dead_letters(bodies: list[str]) -> None:
    good = '{"session_id": "good"}'

    assert await heard(*bodies, good) == [Doorbell("good", None, str(len(bodies)))]


async def test_an_empty_queue_rings_nothing() -> None:
    assert await heard() == []


async def test_what_was_heard_is_deleted_by_tens_and_all_of_it_at_the_end() -> None:
    queue = Queue()
    doorbells = Doorbells(queue, "url")  # type: ignore[arg-type]

    for number in range(23):
        doorbells.heard(Doorbell("session", "shell", str(number)))
    await doorbells.close()

    assert [len(batch) for batch in queue.deleted] == [10, 10, 3]
    assert [int(receipt) for batch in queue.deleted for receipt in batch] == list(range(23))


async def test_what_was_heard_is_deleted_by_itself() -> None:
    queue = Queue()
    doorbells = Doorbells(queue, "url")  # type: ignore[arg-type]

    doorbells.heard(Doorbell("session", "shell", "receipt"))

    assert await asyncio.to_thread(queue.has_deleted.wait, 5)
    assert queue.deleted == [["receipt"]]


async def test_a_poll_waits_as_long_as_sqs_lets_it_and_asks_for_no_more_than_it_may() -> None:
    queue = Queue()

    await Doorbells(queue, "url").listen(at_most=50)  # type: ignore[arg-type]

    assert queue.asked == {"QueueUrl": "url", "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20}


@given(st.text(st.characters(exclude_categories=[])), st.text(st.characters(exclude_categories=[])))
@example("\ud800", "")
def test_a_token_matches_its_own_hash_only(one: str, two: str) -> None:
    assert tokens.matches(one, tokens.hash_token(one))
    assert tokens.matches(two, tokens.hash_token(one)) is (one == two)


def test_tokens_and_ids_are_new_every_time_and_hashes_do_not_tell_them() -> None:
    assert len({tokens.new_token() for _ in range(100)}) == 100
    assert len({tokens.new_id() for _ in range(100)}) == 100
    token = tokens.new_token()
    assert len(token) >= 43
    assert token not in tokens.hash_token(token)


@given(st.lists(st.integers(0, 10**13 - 1), min_size=2, max_size=2, unique=True))
def test_keys_sort_by_their_time(times: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        keys = []
        for milliseconds in sorted(times):
            patch.setattr(time, "time_ns", lambda at=milliseconds: at * 1_000_000)
            keys.append(tokens.new_key())

    assert keys == sorted(keys)


def test_keys_of_the_same_moment_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)

    assert len({tokens.new_key() for _ in range(50)}) == 50


class Enrolling:
    """Stands for the router: lets one device in."""

    url = "http://service.test"

    def __init__(self) -> None:
        self.enrolled = 0
        self.is_now: tuple[str, str] | None = None

    async def enrol(self, _token: str, facts: dict[str, Any]) -> dict[str, Any]:
        assert facts["version"]
        self.enrolled += 1
        return {"device_id": "d", "device_token": "secret", "pool": "default", "labels": ["gpu"]}

    def become(self, device_id: str, token: str) -> None:
        self.is_now = (device_id, token)


async def test_a_device_enrols_once_and_stays_who_it_is(tmp_path: Path) -> None:
    router: Any = Enrolling()
    state = tmp_path / "new" / "state"

    first = await identity.identify(router, state, "one-time")
    again = await identity.identify(router, state, None)

    assert first == again == Identity("d", "secret", "http://service.test", "default", ("gpu",))
    assert (router.enrolled, router.is_now) == (1, ("d", "secret"))
    assert (state / "device.json").stat().st_mode & 0o077 == 0
    assert [path.name for path in state.iterdir()] == ["device.json"]


async def test_a_device_without_file_and_token_is_told_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="longwire-agent enroll"):
        await identity.identify(Enrolling(), tmp_path, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"device_id": "d"}', '{"more": 1}', "null"])
def test_a_broken_file_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "device.json").write_text(content)

    assert identity.load(tmp_path) is None
