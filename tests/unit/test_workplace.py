"""The directory that an agent works in, and what one that was killed has left."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from device_agent.errors import Misconfigured
from device_agent.workplace import PREFIX, clear, workplace

# An agent that was killed hard, with a process of a session in its directory and one that knows it only.
KILLED = """
    import os, signal, subprocess, sys
    from pathlib import Path
    from device_agent.workplace import workplace
    with workplace(Path(sys.argv[1])) as own:
        work = own / "longwire-abc" / "work"
        work.mkdir(parents=True)
        (work / "file").write_text("x")
        sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
        options = {"start_new_session": True, "stdout": subprocess.DEVNULL}
        there = subprocess.Popen(sleep, cwd=work, env={}, **options)
        told = subprocess.Popen(sleep, cwd="/", env={"HOME": str(work)}, **options)
        print(there.pid, told.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def _killed(work_dir: Path) -> list[int]:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(work_dir)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    return [int(pid) for pid in ended.stdout.split()]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_workplace_is_private_and_goes_with_its_agent(tmp_path: Path) -> None:
    with workplace(tmp_path) as own:
        assert own.parent == tmp_path
        assert own.stat().st_mode & 0o077 == 0
        (own / "session").mkdir()

    assert list(tmp_path.iterdir()) == []


def test_what_an_agent_that_was_killed_left_goes_processes_first(tmp_path: Path) -> None:
    pids = _killed(tmp_path)
    assert [_lives(pid) for pid in pids] == [True, True]
    forgotten: list[str] = []

    assert clear(tmp_path, forgotten.append) == 1

    assert list(tmp_path.iterdir()) == []
    assert [_lives(pid) for pid in pids] == [False, False]
    assert forgotten == ["longwire-abc"]
    assert clear(tmp_path) == 0


def test_what_belongs_to_an_agent_that_lives_stays(tmp_path: Path) -> None:
    with workplace(tmp_path) as own:
        (own / "session").mkdir()

        assert clear(tmp_path) == 0

        assert (own / "session").is_dir()


def test_what_is_somebody_elses_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x")
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    (tmp_path / f"{PREFIX}file").write_text("x")
    (tmp_path / "longwire-other").mkdir()
    if os.geteuid() == 0:
        (tmp_path / f"{PREFIX}strange").mkdir()
        os.chown(tmp_path / f"{PREFIX}strange", 12345, 12345)

    assert clear(tmp_path) == 0

    assert (elsewhere / "precious").exists()
    assert len(list(tmp_path.iterdir())) == (5 if os.geteuid() == 0 else 4)


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(Misconfigured, match=r"nowhere cannot be used: No such file"),
        workplace(tmp_path / "nowhere"),
    ):
        pass
