"""A full disk, as a small file system of the test's own."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import MakeDevice, Saw
from tests.chaos.device import until
from tests.chaos.reader import SLIDER, Reader
from tests.conftest import LiveStack

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")


@contextlib.contextmanager
def small(directory: Path) -> Iterator[Path]:
    """A file system of 4 MB and 200 files."""
    directory.mkdir(parents=True, exist_ok=True)
    options = "size=4m,nr_inodes=200,mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "lw-chaos", str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: Path) -> list[Path]:
    """Take all of its room and all of its files.

    :returns: what has to go for there to be room again.
    """
    made = [directory / "full"]
    with contextlib.suppress(OSError), made[0].open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    with contextlib.suppress(OSError):
        for number in range(1000):
            made.append(directory / f"full-{number}")
            made[-1].touch()
    return made


def free(made: list[Path]) -> None:
    for path in made:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("level", [pytest.param("none", marks=pytest.mark.thorough), "full"])
async def test_a_work_directory_that_is_full(
    live: LiveStack, device: MakeDevice, place: Path, saw: Saw, level: str
) -> None:
    with small(place / "0" / "work") as work:
        agent = await device(f"--sandbox={level}", "--warm-kernels=0")
        async with Reader.open(live) as before, Reader.open(live) as reader:
            await before.run(SLIDER)
            made = fill(work)
            await before.move(2, 7)
            await reader.begin("print('once')")
            await until(lambda: "gets no kernel" in agent.log)
            assert (await reader.asks())["session_status"] in ("queued", "claimed")
            free(made)
            await reader.sees("once")
            assert reader.text() == "once\n"
            assert before.text("f") == "0\n7\n"
            await reader.saw_nothing_twice()
        await agent.close()
    saw(
        f"the work directory is full for a while (sandbox {level})",
        "sessions that ran went on; a new one waited, handed back to its pool, and ran once there was room",
    )


@pytest.mark.thorough
async def test_a_work_directory_that_stays_full(
    live: LiveStack, device: MakeDevice, place: Path, saw: Saw
) -> None:
    with small(place / "0" / "work") as work:
        agent = await device("--sandbox=none", "--warm-kernels=0")
        fill(work)
        async with Reader.open(live) as reader:
            await reader.begin("print('once')")
            assert await reader.ended() == "failed"
            await reader.saw_nothing_twice()
        await agent.close()
    saw("the work directory stays full, and there is no other device", "the end `failed`, after three tries")


async def test_a_state_directory_that_is_full(
    live: LiveStack, device: MakeDevice, place: Path, saw: Saw
) -> None:
    with small(place / "0" / "state") as state:
        agent = await device("--sandbox=none")
        fill(state)
        async with Reader.open(live) as reader:
            await reader.run(SLIDER)
            await reader.move(2, 7)
            assert reader.text("f") == "0\n7\n"
        await agent.kill()
        agent.launch()
        async with Reader.open(live) as reader:
            await reader.run("print('back')")
            assert reader.text() == "back\n"
        assert agent.code is None
        await agent.close()
    saw("the state directory is full, when the agent runs and when it starts", "nothing")


@pytest.mark.thorough
async def test_an_enrolment_on_a_full_disk_uses_no_token_up(
    live: LiveStack, device: MakeDevice, place: Path, saw: Saw
) -> None:
    token = live.stack.enrolment_token()
    with small(place / "0" / "state") as state:
        agent = await device("--sandbox=none", start=False, env={"LONGWIRE_ENROLMENT_TOKEN": token})
        made = fill(state)
        agent.launch()
        assert await agent.ends() == 2
        assert "state_dir" in agent.log
        free(made)
        await agent.start()
        await agent.close()
    saw(
        "the state directory is full when a device enrols",
        "nothing; the agent says so, and the token is still good",
    )
