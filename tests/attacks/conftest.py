"""A stack for each level of the sandbox, and what an attacker would like to reach."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from device_agent.sandbox.watch import descendants
from infra.local.options import AGENT_COMMAND, ROOT
from tests.conftest import LiveStack, live_stack

NOBODY = 64_999
LEVELS = ("full", "rootless", "none") if os.geteuid() == 0 else ("rootless", "none")


@dataclass(frozen=True)
class Target:
    """A stack whose agent encloses sessions at `level`, and facts that an attacker may have guessed."""

    level: str
    live: LiveStack
    facts: dict[str, Any]

    @property
    def agent(self) -> int:
        return int(self.facts["agent"])

    def processes_with(self, words: str) -> list[int]:
        """The host's processes that have the words in their command line."""
        listing = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
        return [int(line.split()[0]) for line in listing.splitlines() if words in line]


def _command(level: str) -> tuple[str, ...]:
    command = (*AGENT_COMMAND, f"--sandbox={level}", "--warm-kernels=1")
    if level != "rootless" or os.geteuid() != 0:
        return command
    # Root tests what an agent without root does: as another user, who can read the programs all the same.
    script = str(Path(__file__).with_name("as_nobody.sh"))
    return ("unshare", "--mount", "sh", script, str(NOBODY), sys.base_prefix, str(ROOT), "--", *command)


@contextlib.contextmanager
def listening() -> Iterator[dict[str, Any]]:
    """Sockets of the host that say hi to whoever reaches them."""
    sockets: dict[str, socket.socket] = {}
    abstract, path = (
        f"longwire-{secrets.token_hex(4)}",
        str(Path(tempfile.gettempdir(), secrets.token_hex(8))),
    )
    with contextlib.ExitStack() as opened:
        for name, address in (("imds", "169.254.169.254"), ("public", "9.9.9.11")):
            if os.geteuid() == 0:
                subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=False)
                opened.callback(subprocess.run, ["ip", "addr", "del", f"{address}/32", "dev", "lo"])
                sockets[name] = socket.create_server((address, 80 if name == "imds" else 0))
        sockets["port"] = socket.create_server(("127.0.0.1", 0))
        sockets["port6"] = socket.create_server(("::1", 0), family=socket.AF_INET6)
        for name, place in (("abstract", "\0" + abstract), ("unix", path)):
            sockets[name] = socket.socket(socket.AF_UNIX)
            sockets[name].bind(place)
            sockets[name].listen()
        Path(path).chmod(0o777)
        for listener in sockets.values():
            opened.callback(listener.close)
            threading.Thread(target=_say_hi, args=(listener,), daemon=True).start()
        opened.callback(Path(path).unlink)
        ports = {name: sockets[name].getsockname()[1] for name in ("port", "port6")}
        public = sockets["public"].getsockname()[1] if "public" in sockets else 1
        yield {**ports, "public_port": public, "abstract": abstract, "unix": path}


def _say_hi(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"hi")


@pytest.fixture(scope="session")
def listeners() -> Iterator[dict[str, Any]]:
    with listening() as facts:
        yield facts


@contextlib.contextmanager
def target_at(level: str, listeners: dict[str, Any]) -> Iterator[Target]:
    """A stack at a level, with secrets lying about."""
    place = Path(tempfile.mkdtemp(prefix="longwire-attacked-"))
    place.chmod(0o711)
    state, work = place / "agent", place / "work"
    for directory in (state, work):
        directory.mkdir(mode=0o700)
        if level == "rootless" and os.geteuid() == 0:
            os.chown(directory, NOBODY, NOBODY)
    home = Path.home() / f".longwire-canary-{secrets.token_hex(4)}"
    canary = Path(tempfile.gettempdir(), home.name)
    for path in (home, canary):
        path.write_text("a secret")
    config = place / "agent.toml"
    config.write_text(f'work_dir = "{work}"\n')
    environment = {
        "LONGWIRE_AGENT_STATE": str(state),
        "LONGWIRE_AGENT_CONFIG": str(config),
        "HOME": str(state),
    }
    try:
        with live_stack(place / "state", agent_command=_command(level), agent_env=environment) as live:
            facts = {
                **listeners,
                "agent": _agent(live.stack.pid_of("agent")),
                "identity": str(state / "device.json"),
                "canary": str(home),
                "tmp_canary": str(canary),
                "work": str(work),
                "stack": int(live.url.rpartition(":")[2]),
            }
            yield Target(level, live, facts)
    finally:
        for path in (home, canary):
            path.unlink()
        shutil.rmtree(place, ignore_errors=True)


def _agent(guard: int) -> int:
    """The process of the agent itself below its guard (and below what changes its user)."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for pid in descendants(guard):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if words[1:3] == [b"-m", b"device_agent.cli"]:
                    return pid
        time.sleep(0.05)
    raise AssertionError("the agent does not run")


@pytest.fixture(scope="session", params=LEVELS)
def target(request: pytest.FixtureRequest, listeners: dict[str, Any]) -> Iterator[Target]:
    with target_at(request.param, listeners) as made:
        yield made


@pytest.fixture(scope="session", params=[level for level in LEVELS if level != "none"])
def enclosed(request: pytest.FixtureRequest, listeners: dict[str, Any]) -> Iterator[Target]:
    with target_at(request.param, listeners) as made:
        yield made
