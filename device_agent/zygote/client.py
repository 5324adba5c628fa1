"""The agent's side of the zygote: starts it, asks it for sessions, and hears when they end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device_agent.errors import KernelFailed
from device_agent.sandbox import system
from device_agent.sandbox.enclosure import TMP
from device_agent.sandbox.levels import Level
from device_agent.zygote import wire

log = logging.getLogger(__name__)
_START_WITHIN = 60.0


@dataclass
class Process:
    """A forked session: `process` is its first process, `kernel` the kernel itself (pidfds)."""

    number: int
    process: int = -1
    kernel: int = -1
    is_given_up: bool = False
    status: "asyncio.Future[int]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    forked: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def signal(self, number: int) -> None:
        """To the kernel and what runs in its foreground: a stop must reach what the cell has started, too."""
        group = host_pid(self.kernel)
        with contextlib.suppress(ProcessLookupError):
            if group > 1 and not self.status.done():
                os.killpg(group, number)

    def kill(self) -> None:
        """The session's first process, and with it all others of its pid namespace."""
        for descriptor in (self.kernel, self.process):
            if descriptor >= 0:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)

    async def killed(self) -> None:
        """Kill it, and wait until it has ended."""
        self.kill()
        await asyncio.shield(self.status)

    def give_up(self) -> None:
        """Nobody waits for it any more: it ends as soon as it is there."""
        self.is_given_up = True
        self.kill()
        self.close()

    def close(self) -> None:
        for descriptor in (self.kernel, self.process):
            if descriptor >= 0:
                os.close(descriptor)
        self.kernel = self.process = -1


def host_pid(process: int) -> int:
    """The pid of a pidfd in this process's own pid namespace; -1 when it has ended (proc(5), fdinfo)."""
    for line in Path(f"/proc/self/fdinfo/{process}").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pid":
            return int(value)
    return -1


class Zygote:
    """A running fork server. Use `Zygote.start`, then `fork`, and `close` in the end."""

    def __init__(self, control: socket.socket, process: "subprocess.Popen[bytes]", level: Level) -> None:
        self.level = level
        self._control = control
        self._process = process
        self._numbers = 0
        self._sessions: dict[int, Process] = {}
        self.gone = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls, level: Level, preload: Iterable[str], places: Iterable[Path], cache: Path
    ) -> "Zygote":
        """Start one and wait until it has imported everything.

        :param places: directories of the host that sessions see, read-only.
        :param cache: a directory in which it keeps what matplotlib knows of the fonts.
        :raises KernelFailed: it did not start, or its preload left threads.
        """
        control, theirs = wire.pair()
        control.setblocking(False)
        words, descriptors = command(level, preload, places, cache, theirs.fileno())
        try:
            # From the main thread: bwrap ends when the thread that started it does.
            process = subprocess.Popen(  # noqa: ASYNC220
                words,
                env=environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *descriptors),
            )
        except OSError as error:
            raise KernelFailed(f"the zygote did not start: {error}") from error
        finally:
            theirs.close()
            for descriptor in descriptors:
                os.close(descriptor)
        zygote = cls(control, process, level)
        try:
            async with asyncio.timeout(_START_WITHIN):
                ready, _ = await wire.received(control)
        except (EOFError, TimeoutError) as error:
            await zygote.close()
            raise KernelFailed("the zygote did not start; its log says why") from error
        for name in ready["failed"]:
            log.warning("kernels do not have %s imported: it could not be", name)
        zygote._reader = asyncio.create_task(zygote._hear())
        return zygote

    @property
    def pid(self) -> int:
        return self._process.pid

    async def fork(self, session: socket.socket, uid: int | None, cgroup: int | None) -> Process:
        """A new process that reads what it shall be from `session`.

        :param uid: of the host, that it takes; None where it cannot take another.
        :param cgroup: descriptor of a cgroup.procs file; the process enters it before anything else.
        :raises KernelFailed: the zygote has gone or cannot fork.
        """
        self._numbers += 1
        child = Process(self._numbers)
        self._sessions[child.number] = child
        descriptors = [session.fileno()] + ([cgroup] if cgroup is not None else [])
        try:
            wire.send(self._control, {"fork": child.number, "uid": uid}, descriptors)
            first: set[asyncio.Future[Any]] = {child.forked, child.status}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        except OSError as error:
            self._ended(child, 1)
            raise KernelFailed(f"the zygote has gone: {error}") from error
        except asyncio.CancelledError:
            child.give_up()
            raise
        if not child.forked.done():
            raise KernelFailed("the zygote could not fork")
        return child

    async def _hear(self) -> None:
        try:
            while True:
                body, descriptors = await wire.received(self._control)
                number = body["forked"] if "forked" in body else body["exited"]
                child = self._sessions[number]
                if "forked" in body:
                    child.process = descriptors[0]
                    if child.is_given_up:
                        child.give_up()
                    child.forked.set_result(None)
                else:
                    if "error" in body:
                        log.warning("the zygote could not fork: %s", body["error"])
                    self._ended(child, body["status"])
        except EOFError:
            pass
        finally:
            self.gone.set()
            for child in list(self._sessions.values()):
                self._ended(child, 128 + signal.SIGKILL)

    def _ended(self, child: Process, status: int) -> None:
        self._sessions.pop(child.number, None)
        if not child.status.done():
            child.status.set_result(status)

    async def close(self) -> None:
        """End it and every session that it has."""
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self._control.close()
        self._process.kill()
        await asyncio.to_thread(self._process.wait)


def environment() -> dict[str, str]:
    """All that a zygote has of an environment."""
    # The environment with which a process was executed stays readable in /proc to all that it forks.
    return {**system.ENVIRONMENT, "PYTHONPATH": str(system.ROOT.parent)}


def command(
    level: Level, preload: Iterable[str], places: Iterable[Path], cache: Path, control: int
) -> tuple[list[str], list[int]]:
    """The command that starts a zygote, and the descriptors that it needs beside its control socket."""
    """The command that starts a zygote, and the descriptors that it inherits beside `control`.

    :raises KernelFailed: bubblewrap is not installed.
    """
    python = [sys.executable, "-m", "device_agent.zygote", "--control", str(control), "--preload", *preload]
    if level == "none":
        return python, []
    bwrap = system.bubblewrap()
    if bwrap is None:
        raise KernelFailed("bubblewrap is not installed")
    files = system.made_files()
    cache.mkdir(parents=True, exist_ok=True)
    namespaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    if level == "rootless":
        namespaces += ["--unshare-user", "--uid", "0", "--gid", "0"]
    enclosed = [
        bwrap, "--die-with-parent", "--new-session", *namespaces, "--cap-add", "ALL", "--proc", "/proc",
        "--dev", "/dev", "--tmpfs", "/session", "--tmpfs", TMP,
        "--bind", str(cache), "/session/.config/matplotlib",
        *system.view(places, files),
        "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--", *python, "--enclosed",
    ]  # fmt: skip
    return enclosed, list(files.values())
