"""Floods of output: Stop overtakes them, the neighbour answers, and the agent's memory does not fill."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from tests.attacks.conftest import Target
from tests.attacks.flooding import FLOODS, LINE_OF_100_MB, MILLION_DISPLAYS, MILLION_OF_NO_KIND, Flood
from tests.attacks.test_attacks import answers_within_a_second, session
from tests.growth import MOST_GROWTH, growth_of
from tests.integration.client import Client, execute, idle_of, request, type_of


@contextlib.asynccontextmanager
async def bounded(target: Target) -> AsyncIterator[None]:
    """The agent does not grow beyond `MOST_GROWTH` meanwhile."""
    async with growth_of(target.agent) as most:
        yield
    assert most[-1] < MOST_GROWTH


async def seconds_to_stop(target: Target, flood: Flood) -> float:
    """From Stop, a second into the flood, until the page shows that nothing runs: the shorter of two."""
    took = []
    async with session(target) as neighbour, session(target) as flooder, bounded(target):
        for _ in range(2):
            flooder.received.clear()
            sent = await flooder.send(execute(flood.cell))
            await flooder.until(lambda message: "begun" in str(message.get("content")), 10)
            await asyncio.sleep(1)
            await answers_within_a_second(neighbour, flood.name)
            began = time.monotonic()
            await flooder.send(request("interrupt_request", "control", {}))
            await flooder.until(idle_of(sent), 10)
            took.append(time.monotonic() - began)
            [error] = flooder.of_type("error")
            assert error["content"]["ename"] == "KeyboardInterrupt"
            assert flooder.sequences == sorted(set(flooder.sequences))
        await flooder.run("1 + 1")
        assert flooder.of_type("execute_reply")[-1]["content"]["status"] == "ok"
    return min(took)


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.name)
async def test_stop_overtakes_a_flood(enclosed: Target, flood: Flood) -> None:
    assert await seconds_to_stop(enclosed, flood) < flood.stops_within


async def _left_out(target: Target, code: str, field: str) -> tuple[Client, int]:
    """What has come when the code has run to its end, and how much notices tell of."""
    async with session(target) as neighbour, session(target) as flooder, bounded(target):
        sent = await flooder.send(execute(code))
        over = idle_of(sent)
        async with asyncio.timeout(400):
            while not any(over(message) for message in flooder.received):
                await answers_within_a_second(neighbour, "a flood")
                await asyncio.sleep(0.5)
        notices = [m["metadata"].get("left_out", {}) for m in flooder.of_type("stream")]
    return flooder, sum(notice.get(field, 0) for notice in notices)


async def test_a_line_of_100_mb_is_cut_and_every_byte_accounted_for(enclosed: Target) -> None:
    flooder, left_out = await _left_out(enclosed, LINE_OF_100_MB, "bytes")
    shown = [m for m in flooder.of_type("stream") if "left_out" not in m["metadata"]]
    assert sum(len(m["content"]["text"]) for m in shown) + left_out == 100_000_001 + len("after\n")
    assert flooder.text().endswith("after\n")


@pytest.mark.thorough
@pytest.mark.timeout(500)
async def test_of_a_million_displays_the_first_and_last_come_and_all_are_counted(enclosed: Target) -> None:
    flooder, left_out = await _left_out(enclosed, MILLION_DISPLAYS, "displays")
    shown = [int(m["content"]["data"]["text/plain"]) for m in flooder.of_type("display_data")]
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (0, 999_999)
    assert len(shown) + left_out == 1_000_000


@pytest.mark.timeout(200)
async def test_a_million_messages_that_cannot_be_left_out_end_the_session(enclosed: Target) -> None:
    async with session(enclosed) as neighbour, session(enclosed) as flooder, bounded(enclosed):
        await flooder.send(execute(MILLION_OF_NO_KIND))
        async with asyncio.timeout(100):
            while not flooder.of_type("computation_end"):
                await answers_within_a_second(neighbour, "a flood")
                await asyncio.sleep(0.5)
        [end] = flooder.of_type("computation_end")
        assert end["content"]["content"]["reason"] == "limit:output"
        assert type_of(flooder.received[-1]) == "computation_end"
