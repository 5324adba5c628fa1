"""Starts, watches and ends the stack's processes, each in a group of its own and with a log file."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.errors import ChildDiedError, MissingPartError

TAIL_BYTES = 4000
LOG_MAX_BYTES = 20 * 1024 * 1024

# What a child needs of this process's environment; AWS keys and the rest of it stay here.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM", "TZ", "VIRTUAL_ENV", "USER")


class Child:
    """A process; its standard input is a lifeline: once that is closed the child must end by itself."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        directory: Path,
        sockets: Sequence[socket.socket] = (),
    ) -> "Child":
        """Start `command`; it inherits `sockets` under their own numbers. Raises MissingPartError."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=out,
                    stderr=out,
                    env=dict(env),
                    cwd=directory,
                    pass_fds=[listener.fileno() for listener in sockets],
                    start_new_session=True,
                )
            except OSError as error:
                raise MissingPartError(f"{name} cannot be started: {error}") from error
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """Return the process id, which is that of its group too."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Return the exit code once the process has ended."""
        return await self._process.wait()

    async def stop(self, seconds: float) -> None:
        """Ask the process to end (SIGTERM), and end its whole group hard after `seconds`."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
        self.kill()
        await self._process.wait()

    def kill(self) -> None:
        """End the process and its group at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def tail(self) -> str:
        """Return the end of the log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def trim_log(self) -> None:
        """Empty the log when it is beyond LOG_MAX_BYTES; the child appends, so it goes on from there."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > LOG_MAX_BYTES:
                os.truncate(self.log, 0)

    def died(self) -> ChildDiedError:
        """Return the error that says how the process ended and what it wrote last."""
        return ChildDiedError(
            f"{self.name} ended by itself (exit code {self.code}). The end of {self.log}:\n{self.tail()}"
        )


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module with this Python."""
    return [sys.executable, "-m", module, *arguments]


def passed_on() -> dict[str, str]:
    """What a child gets of this process's environment."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ}
