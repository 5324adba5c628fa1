"""kill -9 of each part: the reader is told, nothing is left, and the next session runs."""

import asyncio
import os
import signal
import sys
import time

import pytest

from tests.chaos.conftest import MakeDevice, Saw
from tests.chaos.device import Device
from tests.chaos.reader import SLIDER, Reader
from tests.conftest import LiveStack
from tests.local.test_stack import is_alive

_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="the level full is that of an agent which is root")


def levels(quick: str) -> pytest.MarkDecorator:
    """Every level of the sandbox, all but one only by `make chaos`."""
    marks = {"none": [], "full": [_ROOT]}
    chosen = [
        pytest.param(level, marks=[*more, *([] if level == quick else [pytest.mark.thorough])])
        for level, more in marks.items()
    ]
    return pytest.mark.parametrize("level", chosen)


ENDLESS = "import time\nprint('go', flush=True)\ntime.sleep(600)"

KILLED = """
import os, signal, time
print("go", flush=True)
time.sleep(0.5)  # until that has left the kernel
os.kill(os.getpid(), signal.SIGKILL)
"""

# Leaves a process that is no child of its kernel any more.
HIDING = """
import subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen(sleep, start_new_session=True)
"""


async def nothing_is_left(device: Device) -> None:
    """Once the agent has started, there is nothing of an earlier run of it."""
    mine = device.leftovers()
    assert len(mine) == 1, mine
    seen = set(await asyncio.to_thread(device.processes))
    left = seen - {device.pid, *device.descendants()}
    assert left & set(device.processes()) == set()


@levels("full")
async def test_a_kernel_that_is_killed(live: LiveStack, device: MakeDevice, saw: Saw, level: str) -> None:
    await device(f"--sandbox={level}")
    async with Reader.open(live) as reader, Reader.open(live) as neighbour:
        await neighbour.run(SLIDER)
        await reader.begin(KILLED)
        assert await reader.ended() == "kernel_died"
        assert reader.text() == "go\n"
        await neighbour.move(2, 7)
        assert neighbour.text("f") == "0\n7\n"
        await reader.saw_nothing_twice()
    saw(
        f"kill -9 of a kernel while it runs a cell (sandbox {level})",
        "the output up to then, then the end `kernel_died`; a session beside it went on",
    )


async def test_a_worker_that_fails(live: LiveStack, device: MakeDevice, saw: Saw) -> None:
    command = (sys.executable, "-m", "tests.chaos.failing_agent")
    await device("--sandbox=none", command=command)
    async with Reader.open(live) as reader, Reader.open(live) as neighbour:
        await neighbour.run(SLIDER)
        await reader.run("print('before')")
        await reader.begin("FAIL")
        assert await reader.ended() == "failed"
        assert reader.text() == "before\n"
        await neighbour.move(2, 7)
        assert neighbour.text("f") == "0\n7\n"
        assert (await reader.asks())["session_status"] == "ended"
        await reader.saw_nothing_twice()
    saw("an exception in a worker that nobody foresaw", "the end `failed`; a session beside it went on")


@levels("full")
async def test_a_zygote_that_is_killed(live: LiveStack, device: MakeDevice, saw: Saw, level: str) -> None:
    agent = await device(f"--sandbox={level}")
    async with Reader.open(live) as reader:
        await reader.begin(ENDLESS)
        await reader.sees("go")
        zygote = agent.zygote
        os.kill(zygote, signal.SIGKILL)
        assert await reader.ended() == "kernel_died"
        await reader.saw_nothing_twice()
    began = time.monotonic()
    async with Reader.open(live) as reader:
        await reader.run("print('back')")
        assert reader.text() == "back\n"
    assert zygote not in agent.processes()
    saw(
        f"kill -9 of the zygote (sandbox {level})",
        f"the end `kernel_died`; the next session had its output after {time.monotonic() - began:.1f} s",
    )


@levels("none")
async def test_an_agent_that_is_killed(live: LiveStack, device: MakeDevice, saw: Saw, level: str) -> None:
    agent = await device(f"--sandbox={level}")
    async with Reader.open(live) as reader:
        await reader.begin(HIDING + ENDLESS)
        await reader.sees("go")
        started = set(agent.descendants())
        assert any("time.sleep(600)" in args for args in agent.descendants().values())
        began = time.monotonic()
        await agent.kill()
        assert await reader.ended() == "device_lost"
        told_after = time.monotonic() - began
        await agent.start()
        await nothing_is_left(agent)
        assert [pid for pid in started if is_alive(pid)] == []
        await reader.saw_nothing_twice()
        assert reader.ends == ["device_lost"]
    async with Reader.open(live) as reader:
        await reader.run("print('back')")
        assert reader.text() == "back\n"
    saw(
        f"kill -9 of the agent while a cell runs (sandbox {level})",
        f"the output up to then, then the end `device_lost` after {told_after:.0f} s; "
        "after the agent's next start no process and no directory was left, and sessions ran",
    )


@pytest.mark.thorough
async def test_an_agent_that_is_killed_before_a_session_has_run(
    live: LiveStack, device: MakeDevice, saw: Saw
) -> None:
    # Its zygote is stopped, so the sessions that it claims get no kernel.
    agent = await device("--sandbox=none", env={"LONGWIRE_AGENT_KERNELS_START_TIMEOUT": "60"})
    os.kill(agent.zygote, signal.SIGSTOP)
    async with Reader.open(live) as reader:
        await reader.begin("print('once')")
        await reader.keeps_asking("claimed")
        await agent.kill()
        await device("--sandbox=none")
        await reader.sees("once")
        await agent.start()
        await nothing_is_left(agent)
        await reader.saw_nothing_twice()
        assert reader.text() == "once\n"
    saw(
        "kill -9 of the agent when it has claimed a session and run nothing of it",
        "a wait: the session went back to its pool, and ran once on another device",
    )
