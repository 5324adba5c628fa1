"""The whole stack as processes: it starts, says what is wrong, and leaves nothing behind however it ends."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from infra.local.aws import DIRECT
from infra.local.errors import ChildDiedError, MissingPartError, PortInUseError, StateInUseError
from infra.local.gateway import Limits, listen
from infra.local.stack import ROOT, Options, Stack

from .conftest import until

# An agent that starts a process in a session of its own, as a kernel is, and does not end on SIGTERM.
AGENT = """
import os, pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
state = pathlib.Path(os.environ["LONGWIRE_AGENT_STATE"])
kernel = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
(state / "new").write_text(f"{os.getpid()} {kernel.pid}")
(state / "environment").write_text(chr(10).join(f"{k}={v}" for k, v in os.environ.items()))
(state / "new").rename(state / "pids")
time.sleep(600)
"""

# The supervisor with the echo app in place of the router, and an agent command from its arguments.
SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from infra.local.__main__ import run
from infra.local.stack import Options
state, directory, agent = sys.argv[1:]
asyncio.run(run(Options(
    state=Path(state), app="echo_app:app", app_directory=Path(directory),
    agent_command=(sys.executable, "-c", agent), agent_grace_seconds=0.5)))
"""


def options(tmp_path: Path, **changes: object) -> Options:
    values: dict[str, object] = {
        "state": tmp_path / "state",
        "app": "echo_app:app",
        "app_directory": Path(__file__).parent,
        "is_agent_on": False,
        **changes,
    }
    return Options(**values)  # type: ignore[arg-type]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def of_directory(directory: Path) -> list[int]:
    """Return the processes whose command line or environment names a directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if str(directory).encode() in text:
                    found.append(int(entry.name))
    return found


@dataclass
class Supervisor:
    """`python -m infra.local` in a process of its own."""

    process: asyncio.subprocess.Process
    url: str


@contextlib.asynccontextmanager
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    """Start a supervisor and wait until it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SUPERVISOR, str(tmp_path / "state"), str(Path(__file__).parent), AGENT),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(25):
            while not (lines and "ready" in lines[-1]):
                line = await process.stdout.readline()
                assert line, lines
                lines.append(line.decode())
        match = re.fullmatch(r"Longwire is ready: (http://127.0.0.1:\d+)/  \(Ctrl\+C stops it\)\n", lines[-1])
        assert match, lines
        yield Supervisor(process, match[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def agent_pids(tmp_path: Path) -> list[int]:
    path = tmp_path / "state" / "agent" / "pids"
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


async def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as running:
        await until(lambda: agent_pids(tmp_path))
        assert len(of_directory(tmp_path)) >= 5
        running.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(running.process.wait(), 20) == 0
    assert [pid for pid in of_directory(tmp_path) if is_alive(pid)] == []
    assert not any(is_alive(pid) for pid in agent_pids(tmp_path))
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1])), timeout=1)


async def test_a_kill_of_the_supervisor_ends_everything(tmp_path: Path) -> None:
    async with supervisor(tmp_path) as running:
        await until(lambda: agent_pids(tmp_path))
        running.process.kill()
        await running.process.wait()
        await until(lambda: not any(is_alive(pid) for pid in of_directory(tmp_path)), 20)
    assert not any(is_alive(pid) for pid in agent_pids(tmp_path))


async def test_a_device(tmp_path: Path) -> None:
    """It gets no keys of the stack, can enrol, and is started again with all that it started when it dies."""
    said: list[str] = []
    changes = {
        "is_agent_on": True,
        "agent_command": (sys.executable, "-c", AGENT),
        "agent_grace_seconds": 0.2,
    }
    async with Stack(options(tmp_path, **changes), said.append) as stack:
        await until(lambda: agent_pids(tmp_path))
        first = agent_pids(tmp_path)
        text = (tmp_path / "state" / "agent" / "environment").read_text()
        items = await asyncio.to_thread(stack.client("dynamodb").scan, TableName="longwire-local-devices")
        os.kill(first[0], signal.SIGKILL)
        await until(lambda: agent_pids(tmp_path) not in ([], first), 10)
        assert not any(is_alive(pid) for pid in first)
        await stack.stop_agent()
        assert not any(is_alive(pid) for pid in agent_pids(tmp_path))
    assert any("agent ended" in line and "starts again" in line for line in said)
    environment = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert not {name for name in environment if "SECRET" in name or "ACCESS_KEY" in name}
    assert environment["LONGWIRE_API_URL"] == stack.api_url
    assert items["Items"][0]["device_id"]["S"].startswith("enrolment#")
    assert environment["LONGWIRE_ENROLMENT_TOKEN"] not in str(items)


async def test_a_running_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app gets its environment and only that, limits reach the gateway, a second stack is refused."""
    monkeypatch.setenv("SOMETHING_PRIVATE", "x")
    limits = Limits(idle_seconds=0.3)
    async with Stack(options(tmp_path, app_env={"MORE": "1"}, limits=limits)) as stack:
        url = f"{stack.api_url}/environment"
        text = await asyncio.to_thread(lambda: DIRECT.open(url, timeout=5).read().decode())
        for name in ("LONGWIRE_PREFIX", "LONGWIRE_CONNECTIONS_URL", "AWS_ENDPOINT_URL_SQS", "MORE"):
            assert f'"{name}"' in text
        assert "SOMETHING_PRIVATE" not in text
        async with connect(stack.websocket_url) as websocket:
            await asyncio.wait_for(websocket.wait_closed(), 5)
            assert websocket.close_code == 1001
        with pytest.raises(StateInUseError, match=f"process {os.getpid()}.*--state"):
            await Stack(options(tmp_path)).__aenter__()
        os.kill(stack.pid_of("queues"), signal.SIGKILL)
        with pytest.raises(ChildDiedError, match=r"queues ended by itself \(exit code -9\)"):
            await asyncio.wait_for(stack.run(), 5)


async def test_fresh_forgets_everything_but_the_lock(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "agent").mkdir(parents=True)
    (state / "snapshot.jsonl").write_text("")
    with pytest.raises(ChildDiedError, match=r"gateway ended by itself[^$]*cannot load the app nothing:app"):
        await Stack(options(tmp_path, app="nothing:app", is_fresh=True)).__aenter__()
    assert not (state / "agent").exists()
    assert of_directory(tmp_path) == []


@pytest.fixture
def taken() -> Iterator[int]:
    listener = listen(0)
    yield listener.getsockname()[1]
    listener.close()


async def test_a_port_in_use_is_named(tmp_path: Path, taken: int) -> None:
    with pytest.raises(PortInUseError, match=rf"{taken}.*--port"):
        await Stack(options(tmp_path, port=taken)).__aenter__()
    with pytest.raises(PortInUseError, match=rf"{taken}.*--port"):
        await Stack(options(tmp_path, port=taken - 1)).__aenter__()
    assert of_directory(tmp_path) == []


async def test_a_page_that_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="make run"):
        await Stack(options(tmp_path, web=tmp_path)).__aenter__()


async def test_the_command_line_exits_with_the_reason(tmp_path: Path, taken: int) -> None:
    command = (sys.executable, "-m", "infra.local", "--state", str(tmp_path / "s"), "--web", str(tmp_path))
    for web, code in ((None, 5), ("<p>", 3)):
        if web:
            (tmp_path / "index.html").write_text(web)
        process = await asyncio.create_subprocess_exec(
            *command, "--port", str(taken), cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        _, text = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == code
        assert b"Traceback" not in text
        assert (b"make run" if code == 5 else str(taken).encode()) in text
