"""A device that is not heard of for longer than its lease, and comes back."""

import asyncio
import os
import signal
import time

import pytest

from infra.local.faults import Fault
from tests.chaos.conftest import LEASE, TIMES, MakeDevice, Saw, stack_of
from tests.chaos.device import Device, until
from tests.chaos.reader import SLIDER, Reader
from tests.conftest import LiveStack

TICKS = "import time\nfor tick in range(600):\n    print('tick', tick, flush=True)\n    time.sleep(0.2)"


async def _new_session_runs(live: LiveStack, seconds: float = 40) -> None:
    async with Reader.open(live) as reader:
        await reader.run("print('back')", seconds)
        assert reader.text() == "back\n"


async def test_an_agent_that_is_stopped_for_longer_than_its_lease(
    live: LiveStack, device: MakeDevice, saw: Saw
) -> None:
    agent = await device("--sandbox=none")
    async with Reader.open(live) as reader, Reader.open(live) as idle:
        await idle.run(SLIDER)
        await reader.begin(TICKS)
        await reader.sees("tick 3")
        began = time.monotonic()
        agent.signal(signal.SIGSTOP)
        assert await reader.ended() == "device_lost"
        told_after = time.monotonic() - began
        assert await idle.ended() == "device_lost"
        seen, stored = len(reader.client.received), await asyncio.to_thread(reader.stored)
        agent.signal(signal.SIGCONT)
        # Its kernel has printed on, and would now be heard of again: until the agent is told.
        await until(lambda: agent.log.count("is over (given_up)") == 2)
        await _new_session_runs(live)
        assert len(reader.client.received) == seen
        assert await asyncio.to_thread(reader.stored) == stored
        for one in (reader, idle):
            assert one.ends == ["device_lost"]
            await one.saw_nothing_twice()
    assert agent.code is None
    saw(
        "SIGSTOP of the agent for longer than its lease, then SIGCONT",
        f"the end `device_lost` once, after {told_after:.0f} s; what the kernel printed meanwhile was not "
        "sent any more; the same agent took the next session",
    )


@pytest.mark.thorough
async def test_a_silence_that_nobody_has_noticed(device: MakeDevice, saw: Saw) -> None:
    with stack_of(app_env=TIMES) as live:  # nothing sweeps here, and the reader does not ask
        agent = await device("--sandbox=none", stack=live)
        async with Reader.open(live) as reader:
            await reader.begin(TICKS)
            await reader.sees("tick 3")
            agent.signal(signal.SIGSTOP)
            await asyncio.sleep(LEASE + 1)
            agent.signal(signal.SIGCONT)
            await reader.sees("tick 60")
            assert reader.ends == []
            ticks = [int(word) for word in reader.text().split() if word != "tick"]
            assert ticks == list(range(len(ticks)))
            await reader.saw_nothing_twice()
        await agent.close()
    saw("the same, while nobody asks for the session", "a pause, then all of the output, in order")


@pytest.mark.thorough
async def test_an_agent_that_cannot_reach_the_service(live: LiveStack, device: MakeDevice, saw: Saw) -> None:
    agent = await device("--sandbox=none")
    async with Reader.open(live) as reader:
        await reader.begin(TICKS)
        await reader.sees("tick 3")
        live.stack.set_faults(Fault("api", "failed", "POST", "/devices/*"))
        assert await reader.ended() == "device_lost"
        seen = len(reader.client.received)
        live.stack.set_faults()
        await until(lambda: "is over (given_up)" in agent.log)
        await _new_session_runs(live)
        assert len(reader.client.received) == seen
        await reader.saw_nothing_twice()
    assert agent.code is None
    saw(
        "the router does not answer the device for longer than its lease, while the tables do",
        "the output up to the end of the lease, then the end `device_lost` once, and nothing after it",
    )


@pytest.mark.thorough
async def test_a_session_that_was_claimed_when_its_agent_was_stopped(
    live: LiveStack, device: MakeDevice, saw: Saw
) -> None:
    agent = await device("--sandbox=none", env={"LONGWIRE_AGENT_KERNELS_START_TIMEOUT": "60"})
    zygote = agent.zygote
    os.kill(zygote, signal.SIGSTOP)
    async with Reader.open(live) as reader:
        await reader.begin("print('once')")
        await reader.keeps_asking("claimed")
        agent.signal(signal.SIGSTOP)
        other = await device("--sandbox=none")
        await reader.sees("once")
        for pid in (agent.pid, zygote):
            os.kill(pid, signal.SIGCONT)
        await until(lambda: "is over (given_up)" in agent.log)
        await reader.run("print('twice')")
        assert reader.text() == "once\ntwice\n"
        await reader.saw_nothing_twice()
        assert (agent.code, other.code) == (None, None)
    saw(
        "SIGSTOP of the agent when it has claimed a session and run nothing of it, then SIGCONT",
        "a wait: the session ran once, on another device, and went on there",
    )


@pytest.mark.thorough
async def test_a_session_that_comes_back_to_the_agent_that_lost_it(
    live: LiveStack, device: MakeDevice, saw: Saw
) -> None:
    agent = await device("--sandbox=none", env={"LONGWIRE_AGENT_KERNELS_START_TIMEOUT": "60"})
    zygote = agent.zygote
    os.kill(zygote, signal.SIGSTOP)
    async with Reader.open(live) as reader:
        await reader.begin("print('once')")
        await reader.keeps_asking("claimed")
        agent.signal(signal.SIGSTOP)
        await reader.keeps_asking("queued")
        for pid in (agent.pid, zygote):
            os.kill(pid, signal.SIGCONT)
        await reader.sees("once", 60)
        await reader.run("print('twice')")
        assert reader.text() == "once\ntwice\n"
        await reader.saw_nothing_twice()
    saw(
        "the same with no other device",
        "a wait: the session went back to its pool, and ran once on the same device",
    )


@pytest.mark.thorough
async def test_a_device_that_was_away_for_so_long_that_its_queue_was_deleted(
    device: MakeDevice, saw: Saw
) -> None:
    times = {**TIMES, "LONGWIRE_DEVICE_RETIRED_AFTER": "3"}
    with stack_of(schedule_seconds=1, app_env=times) as live:
        agent = await device("--sandbox=none", stack=live)
        run = agent.row["run"]
        agent.signal(signal.SIGSTOP)
        await until(lambda: not _queues(live, agent), 40)
        assert (agent.row["state"], agent.row["reason"]) == ("offline", "no heartbeat")
        agent.signal(signal.SIGCONT)
        await until(lambda: _queues(live, agent) and agent.is_online and agent.row["state"] == "online", 40)
        async with Reader.open(live) as reader:
            await reader.run(SLIDER)
            await reader.move(2, 7)
            assert reader.text("f") == "0\n7\n"
        assert agent.code is None
        assert int(agent.row["run"]) > int(run)
        await agent.close()
    saw(
        "a device that is away for so long that its queue was deleted, and then wakes up",
        "its next run got a new queue by itself, and sessions ran",
    )


def _queues(live: LiveStack, agent: Device) -> list[str]:
    name = f"longwire-local-device-{agent.device_id}"
    found: list[str] = live.stack.client("sqs").list_queues(QueueNamePrefix=name).get("QueueUrls", [])
    return found


@pytest.mark.thorough
async def test_a_device_that_never_returns(device: MakeDevice, saw: Saw) -> None:
    times = {**TIMES, "LONGWIRE_DEVICE_RETIRED_AFTER": "3"}
    with stack_of(schedule_seconds=1, app_env=times) as live:
        agent = await device("--sandbox=none", stack=live)
        async with Reader.open(live) as reader:
            await reader.begin(TICKS)
            await reader.sees("tick 3")
            await agent.kill()
            assert await reader.ended() == "device_lost"
            await reader.saw_nothing_twice()
        await until(lambda: not _queues(live, agent), 40)
        assert (agent.row["state"], agent.row["reason"]) == ("offline", "no heartbeat")
    saw(
        "a device that never returns",
        "the end `device_lost`; the scheduled sweep has marked the device "
        "offline with reason and time, and later deleted its queue",
    )


@pytest.mark.parametrize("elsewhere", [pytest.param(False, marks=pytest.mark.thorough), True])
async def test_a_second_agent_with_the_same_identity(
    live: LiveStack, device: MakeDevice, saw: Saw, elsewhere: bool
) -> None:
    first = await device("--sandbox=none")
    second = await device("--sandbox=none", start=False)
    if elsewhere:
        second.state.mkdir(parents=True)
        (second.state / "device.json").write_bytes((first.state / "device.json").read_bytes())
    else:
        second.state = first.state
    async with Reader.open(live) as reader:
        await reader.run(SLIDER)
        second.launch()
        if elsewhere:
            assert await first.ends() == 5
            assert await reader.ended() == "device_lost"
            await _new_session_runs(live)
        else:
            assert await second.ends() == 11
            await reader.move(2, 7)
            assert reader.text("f") == "0\n7\n"
        await reader.saw_nothing_twice()
    if elsewhere:
        saw(
            "a second agent with the same identity on another host",
            "the end `device_lost`; the first agent ends (exit code 5), the second serves",
        )
    else:
        saw(
            "a second agent with the same identity on the same host",
            "nothing: the second one refuses to start (exit code 11)",
        )
