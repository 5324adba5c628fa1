"""A device's agent as a process of the test's own: nothing restarts it, and nothing clears up after it."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.local.guard import PR_SET_PDEATHSIG, tell_kernel
from tests.conftest import LiveStack

COMMAND = (sys.executable, "-m", "device_agent.cli")
ROOT = Path(__file__).resolve().parents[2]


async def until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait for a condition and return what it gave; fail after `seconds`."""
    ends_at = time.monotonic() + seconds
    while not (found := await asyncio.to_thread(condition)):
        assert time.monotonic() < ends_at, "the condition did not come about"
        await asyncio.sleep(0.05)
    return found


class Device:
    """Use `start`, any number of faults, and `close`.

    :param place: where it keeps its state and its sessions' directories.
    :param command: what runs in place of `longwire-agent`.
    """

    def __init__(
        self,
        live: LiveStack,
        place: Path,
        *options: str,
        command: tuple[str, ...] = COMMAND,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._live = live
        self.state, self.work, self._log = place / "state", place / "work", place / "log"
        self._command = (*command, "run", *options)
        self._env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, seconds: float = 30) -> "Device":
        """Start the agent and wait until it takes sessions."""
        self.launch()
        await until(lambda: self.is_online or self.code is not None, seconds)
        assert self.code is None, self.log
        return self

    def launch(self) -> None:
        """Start the agent; it need not come up."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.work.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Tests that are killed themselves leave no agent behind.
                preexec_fn=lambda: tell_kernel(PR_SET_PDEATHSIG, signal.SIGKILL),
            )

    def _environment(self) -> dict[str, str]:
        stack = self._live.stack
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.state),
            **stack.endpoints.env(),
            "LONGWIRE_API_URL": stack.api_url,
            "LONGWIRE_AGENT_STATE": str(self.state),
            "LONGWIRE_AGENT_WORK_DIR": str(self.work),
            "LONGWIRE_AGENT_CONFIG": os.devnull,
            "LONGWIRE_AGENT_DRAIN_TIMEOUT": "2",
            "PYTHONUNBUFFERED": "1",
            **self._env,
        }
        if not (self.state / "device.json").is_file():
            variables["LONGWIRE_ENROLMENT_TOKEN"] = stack.enrolment_token()
        return variables

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")[-6000:] if self._log.exists() else ""

    @property
    def status(self) -> dict[str, Any]:
        """What the agent wrote last of how it is, if that was this process."""
        with contextlib.suppress(OSError, ValueError):
            told: dict[str, Any] = json.loads((self.state / "status.json").read_text())
            if told.get("pid") == self.pid:
                return told
        return {}

    @property
    def is_online(self) -> bool:
        return self.status.get("state") == "online"

    @property
    def device_id(self) -> str:
        return str(json.loads((self.state / "device.json").read_text())["device_id"])

    @property
    def row(self) -> dict[str, Any]:
        """What the service knows of it."""
        key = {"device_id": {"S": self.device_id}}
        table = "longwire-local-devices"
        item = self._live.stack.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)[
            "Item"
        ]
        return {name: next(iter(value.values())) for name, value in item.items()}

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    async def kill(self) -> None:
        """kill -9: the agent only, not what it has started."""
        self.signal(signal.SIGKILL)
        await until(lambda: self.code is not None)

    async def ends(self, seconds: float = 30) -> int:
        """Wait for the end of the agent.

        :returns: its exit code.
        """
        await until(lambda: self.code is not None, seconds)
        assert self.code is not None
        return self.code

    async def close(self) -> None:
        """End the agent and whatever there is of it, however the test has left that."""
        if self._process is not None and self.code is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            with contextlib.suppress(AssertionError):
                await self.ends(20)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def descendants(self) -> dict[int, str]:
        """The processes below the agent with their command lines, parents first."""
        listing = subprocess.run(
            ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
        found, parents = {self.pid: ""}, [self.pid]
        while parents:
            new = {int(pid): args for pid, parent, args in rows if int(parent) in parents}
            found |= new
            parents = list(new)
        del found[self.pid]
        return found

    @property
    def zygote(self) -> int:
        """The process of the zygote itself: not the bubblewrap around it, and none that it has forked."""
        args = f"{sys.executable} -m device_agent.zygote"
        return next(pid for pid, told in self.descendants().items() if told.startswith(args))

    def processes(self) -> list[int]:
        """Every living process that the agent has started or that works in its directories, itself too."""
        marks = [str(place).encode() for place in (self.state, self.work)]
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                told += os.fsencode((entry / "cwd").readlink())
                is_dead = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
                if any(mark in told for mark in marks) and not is_dead:
                    found.append(int(entry.name))
        return found

    def leftovers(self) -> list[str]:
        """What is in its work directory; while it runs, its own run's directory is no leftover."""
        return sorted(path.name for path in self.work.iterdir())
