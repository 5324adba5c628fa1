"""Two devices of one pool: one session for one of them, and what one hands to the other when it drains."""

import asyncio
import os
import signal
import time
from pathlib import Path

from infra.local.faults import Fault
from tests.chaos.conftest import MakeDevice, Saw
from tests.chaos.device import until
from tests.chaos.reader import SLIDER, Reader
from tests.conftest import LiveStack

SESSIONS = 10


async def test_two_devices_that_hear_of_one_session(
    live: LiveStack, device: MakeDevice, place: Path, saw: Saw
) -> None:
    agents = [await device("--sandbox=none") for _ in range(2)]
    ran = place / "ran"
    live.stack.set_faults(Fault("sqs", "twice", "SendMessage", "*-sessions-default"))

    async def one(number: int) -> None:
        async with Reader.open(live, idle_timeout=None) as reader:
            await reader.run(f"open({str(ran)!r}, 'a').write('{number}\\n')\nprint({number})")
            assert reader.text() == f"{number}\n"
            await reader.saw_nothing_twice()

    await asyncio.gather(*(one(number) for number in range(SESSIONS)))
    assert sorted(map(int, ran.read_text().split())) == list(range(SESSIONS))
    claims = [agent.log.count("claimed, epoch") for agent in agents]
    assert sum(claims) == SESSIONS
    assert sum(agent.log.count("is not ours") for agent in agents) > 0
    saw(
        f"two agents claim one session ({SESSIONS} sessions, each rung for twice)",
        f"all output, once: each session ran on one of the devices ({claims[0]} and {claims[1]})",
    )


async def test_a_device_that_drains(live: LiveStack, device: MakeDevice, saw: Saw) -> None:
    env = {"LONGWIRE_AGENT_KERNELS_START_TIMEOUT": "60"}
    first = await device("--sandbox=none", "--drain-timeout=4", "--warm-kernels=0", env=env)
    sleep = "import time\nprint('go', flush=True)\ntime.sleep({})\nprint('done')"
    async with (
        Reader.open(live) as short,
        Reader.open(live) as long,
        Reader.open(live) as idle,
        Reader.open(live) as waiting,
    ):
        await idle.run(SLIDER)
        await long.begin(sleep.format(600))
        await long.sees("go")
        await short.begin(sleep.format(2))
        await short.sees("go")
        os.kill(first.zygote, signal.SIGSTOP)  # what it claims now gets no kernel
        await waiting.begin("print('elsewhere')")
        await waiting.keeps_asking("claimed")
        await device("--sandbox=none")
        began = time.monotonic()
        first.signal(signal.SIGTERM)
        await waiting.sees("elsewhere")
        handed_on = time.monotonic() - began
        os.kill(first.zygote, signal.SIGCONT)
        assert await idle.ended() == "draining"
        assert await short.ended() == "draining"
        assert await long.ended() == "draining"
        bound = time.monotonic() - began
        assert (short.text(), long.text(), waiting.text()) == ("go\ndone\n", "go\n", "elsewhere\n")
        assert handed_on < 4 < bound < 14
        assert await first.ends() == 0
        assert (first.row["state"], first.leftovers()) == ("offline", [])
        for reader in (short, long, idle, waiting):
            await reader.saw_nothing_twice()
    await until(lambda: not first.processes())
    saw(
        "a device drains while it has an idle session, a short run, an endless one, and one not begun",
        f"the short run ended by itself, the endless one after the bound ({bound:.0f} s, set to 4), these "
        f"and the idle one with the end `draining`; the one that had not begun ran on another device "
        f"after {handed_on:.1f} s",
    )
