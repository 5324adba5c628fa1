"""The way out of a session: everything is in the buffer, and every watcher gets it once and in order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from chalicelib import payloads
from chalicelib.errors import StaleLease
from chalicelib.messages import Message, computation_end, make
from device_agent.flow import Flow
from device_agent.outbox import Outbox
from tests.contract.world import Browser, Device, World, output, reasons, texts


class Session:
    """A session that runs, with its outbox."""

    def __init__(self, world: World, device: Device) -> None:
        self.browser = world.browser()
        self.browser.run()
        device.claim(self.browser.session)
        device.take(self.browser.session)
        key, epoch = device.key(self.browser.session), device.epochs[self.browser.session]
        flow = Flow(1e9, 1e8, asyncio.get_running_loop().time())
        self.outbox = Outbox(world.aws, key, epoch, flow, now=world.clock.time)
        self.task = asyncio.create_task(self.outbox.run())

    async def send(self, *messages: Message) -> None:
        for message in messages:
            await self.outbox.room()
            self.outbox.put(message)
        await self.outbox.flushed(20)

    def watch(self, *browsers: Browser) -> None:
        self.outbox.watch({browser.connection_id: 0 for browser in browsers})


@pytest.fixture
async def session(world: World) -> AsyncIterator[Session]:
    session = Session(world, world.device())
    yield session
    session.task.cancel()
    with contextlib.suppress(asyncio.CancelledError, StaleLease):
        await session.task


def _text(text: str) -> Message:
    return make("stream", "iopub", {"name": "stdout", "text": text})


async def test_what_is_sent_is_posted_and_stays_in_the_buffer(session: Session) -> None:
    session.watch(session.browser)

    await session.send(_text("a"), make("status", "iopub", {"execution_state": "idle"}))

    live = session.browser.inbox()
    *replayed, reply = session.browser.hello()
    assert [message["sequence"] for message in live] == [1, 2]
    assert replayed == live
    assert reply["content"]["sequence"] == 2


async def test_the_sequence_has_no_gaps_over_many_flushes(session: Session) -> None:
    session.watch(session.browser)

    for number in range(5):
        await session.send(_text(str(number)))

    assert [message["sequence"] for message in session.browser.inbox()] == [1, 2, 3, 4, 5]


async def test_a_watcher_that_comes_late_gets_what_it_missed_first(world: World, session: Session) -> None:
    await session.send(_text("early"))
    session.watch(session.browser)
    await session.send(_text("late"))

    assert texts(session.browser.inbox()) == ["early", "late"]


async def test_a_watcher_is_not_told_again_what_the_router_replayed(session: Session) -> None:
    await session.send(_text("early"))
    session.outbox.watch({session.browser.connection_id: 1})
    await session.send(_text("late"))

    assert texts(session.browser.inbox()) == ["late"]


async def test_a_post_that_fails_is_made_up_for_by_the_next(world: World, session: Session) -> None:
    session.watch(session.browser)
    world.sockets.failing.add(session.browser.connection_id)
    await session.send(_text("unheard"))
    world.sockets.failing.clear()

    await session.send(_text("heard"))

    assert texts(session.browser.inbox()) == ["unheard", "heard"]


async def test_what_many_have_missed_is_read_once_and_each_gets_its_own_part(
    world: World, session: Session
) -> None:
    await session.send(_text("one"))
    await session.send(_text("two"))
    class_ = [world.browser() for _ in range(20)]
    session.outbox.watch({browser.connection_id: number % 2 for number, browser in enumerate(class_)})
    before = world.calls["Query"]
    await session.send(_text("three"))

    assert world.calls["Query"] - before == 1
    for number, browser in enumerate(class_):
        assert texts(browser.inbox()) == ["one", "two", "three"][number % 2 :]


async def test_a_watcher_that_is_gone_does_not_hold_up_the_others(world: World, session: Session) -> None:
    other = world.browser()
    session.watch(session.browser, other)
    world.sockets.gone.add(session.browser.connection_id)

    await session.send(_text("a"))
    await session.send(_text("b"))

    assert texts(other.inbox()) == ["a", "b"]


async def test_what_is_large_is_posted_as_a_link_and_replayed_as_one(session: Session) -> None:
    session.watch(session.browser)

    await session.send(make("display_data", "iopub", {"data": {"text/plain": "x" * 200_000}}))

    for message in (session.browser.inbox()[0], session.browser.hello()[0]):
        assert message["content"] == {}
        assert message["metadata"]["payload"]["size"] > 200_000
        assert message["metadata"]["payload"]["url"].startswith("https://")


async def test_a_long_text_arrives_whole_in_frames_that_fit(world: World, session: Session) -> None:
    session.watch(session.browser)
    text = "".join(chr(0x4E00 + number % 5000) for number in range(200_000))

    await session.send(_text(text))

    messages = session.browser.inbox()
    assert "".join(texts(messages)) == text
    assert all("payload" not in message["metadata"] for message in messages)
    assert max(map(len, world.sockets.frames[session.browser.connection_id])) <= 128 * 1024
    assert payloads.MAX_INLINE_BYTES < 128 * 1024


async def test_the_end_is_replayed_with_what_left_together_with_it(session: Session) -> None:
    await session.send(_text("last words"), computation_end("kernel_died"))

    *missed, _reply = session.browser.hello()

    assert texts(missed) == ["last words"]
    assert list(reasons(missed)) == ["kernel_died"]


async def test_late_output_of_an_older_state_takes_nothing_from_the_newer(session: Session) -> None:
    await session.send(output(0, "old", "f", 1))
    await session.send(output(0, "new", "f", 2))
    await session.send(output(0, "late old", "f", 1))

    assert texts(session.browser.hello()) == ["new"]


async def test_a_session_that_belongs_to_somebody_newer_is_given_up(world: World, session: Session) -> None:
    newer = {"session_key": session.outbox._session_key, "slot": "exec#000000#000000"}
    await session.send(_text("mine"))
    world.set("iopub", newer, epoch=99, sequence=99)
    session.outbox.slots._next = 0

    session.outbox.put(_text("not mine"))

    with pytest.raises(StaleLease):
        await asyncio.wait_for(session.task, 10)
