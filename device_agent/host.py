"""What kernels of this host are started on: a living zygote, groups that limit them, and a watch."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from device_agent import kernelspecs
from device_agent.errors import KernelFailed, Misconfigured
from device_agent.policy import Policy
from device_agent.sandbox import system
from device_agent.sandbox.cgroups import Cgroups
from device_agent.sandbox.enclosure import PROXY_PORT, TMP
from device_agent.sandbox.watch import INTERVAL, Watched
from device_agent.settings import AgentSettings
from device_agent.zygote.client import Process, Zygote, host_pid

log = logging.getLogger(__name__)
_LONGEST_PAUSE = 30.0
_READY_WITHIN = 60.0
_KILLED_WITHIN = 5.0
_SIGXCPU = 24
_FIRST_UID, _UIDS = 61_000, 4_000
"""Uids that no Debian package takes (Debian Policy, 9.2.2)."""


@dataclass
class _Session:
    """What one kernel has of this host; `overran` is the limit for which it was killed."""

    uid: int | None = None
    watched: Watched | None = None
    kill: Callable[[], Awaitable[None]] | None = None
    overran: str | None = None


class Host:
    """Use `start`, then `fork` for every kernel and `forget` after it, `close` in the end."""

    def __init__(self, settings: AgentSettings, policy: Policy) -> None:
        if settings.sandbox == "rootless" and os.geteuid() == 0:
            raise Misconfigured("an agent that is root gives sessions uids of their own: its level is full")
        self.level = settings.sandbox
        self.limits = settings.limits
        self.work_dir = settings.work_dir
        self.kernelspecs = settings.kernelspecs
        self.network = policy.network if self.level != "none" else ()
        specs = [kernelspecs.read(source) for source in settings.kernelspecs]
        self._places = set(system.python_places()).union(*map(kernelspecs.places, specs))
        self._preload = policy.preload
        self._cache = settings.state_dir / "cache" / "matplotlib"
        self._cgroups = Cgroups.find() if self.level != "none" else None
        self.zygote: Zygote | None = None
        self._ready = asyncio.Event()
        self._sessions: dict[str, _Session] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep_zygote())]
        if self.level != "none":
            self._tasks.append(asyncio.create_task(self._watch()))

    @property
    def covered_places(self) -> list[str]:
        """Those that sessions have to see where they have a file system of their own."""
        return [str(place) for place in self._places if place.is_relative_to(TMP)]

    def environment(self, directory: Path) -> dict[str, str]:
        """All that a kernel's environment has: nothing of the agent's own gets there by itself."""
        environment = {**system.ENVIRONMENT, "PATH": f"{sys.prefix}/bin:{system.ENVIRONMENT['PATH']}"}
        if self.network:
            proxy = f"http://127.0.0.1:{PROXY_PORT}"
            environment |= {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "localhost,127.0.0.1"}
        if self.level == "none":
            work = str(directory / "work")
            environment |= {"HOME": work, "TMPDIR": work, "IPYTHONDIR": f"{work}/.ipython"}
            environment |= {
                "MPLCONFIGDIR": f"{work}/.config/matplotlib",
                "PYTHONPATH": str(system.ROOT.parent),
            }
        return environment

    async def fork(self, socket_of_session: socket.socket, name: str) -> Process:
        """A new process for a kernel; see Zygote.fork.

        :param name: by which the session is known here; told to `forget` in the end.
        :raises KernelFailed: there is no zygote, or it could not fork.
        """
        try:
            async with asyncio.timeout(_READY_WITHIN):
                await self._ready.wait()
        except TimeoutError as error:
            raise KernelFailed("the zygote does not start; the log says why") from error
        zygote = self.zygote
        assert zygote is not None  # noqa: S101
        try:
            process = await self._fork(zygote, socket_of_session, name)
        except BaseException:  # whoever gave up waiting has no process to clear up after
            self.forget(name)
            raise
        self.watch(name, host_pid(process.process), process.killed)
        return process

    async def _fork(self, zygote: Zygote, socket_of_session: socket.socket, name: str) -> Process:
        uid = self.take_uid(name)
        cgroup = self._cgroups.make(name, self.limits) if self._cgroups else None
        try:
            return await zygote.fork(socket_of_session, uid, cgroup)
        finally:
            if cgroup is not None:
                os.close(cgroup)

    def take_uid(self, name: str) -> int | None:
        """A uid that no other session of this host has; None where the agent may not give one.

        :raises KernelFailed: every uid is taken.
        """
        session = self._sessions.setdefault(name, _Session())
        if self.level == "full":
            taken = {other.uid for other in self._sessions.values()}
            free = (uid for uid in range(_FIRST_UID, _FIRST_UID + _UIDS) if uid not in taken)
            session.uid = next(free, None)
            if session.uid is None:  # which would mean the agent's own
                raise KernelFailed("every uid for sessions is taken")
        return session.uid

    def watch(self, name: str, pid: int, kill: Callable[[], Awaitable[None]]) -> None:
        """Kill the session when the processes below `pid` use more than the limits."""
        session = self._sessions.setdefault(name, _Session())
        session.watched, session.kill = Watched(pid), kill

    def reason(self, name: str, status: int | None) -> str:
        """Why a kernel has ended, as `computation_end` says it.

        :param status: of its process, 128 + number where a signal ended it.
        """
        session = self._sessions.get(name, _Session())
        overran = session.overran or (self._cgroups and self._cgroups.overran(name))
        if overran is None and status == 128 + _SIGXCPU:
            overran = "cpu"
        return f"limit:{overran}" if overran else "kernel_died"

    def forget(self, name: str) -> None:
        """The session is over and its processes have ended."""
        self._sessions.pop(name, None)
        if self._cgroups:
            self._cgroups.remove(name)

    async def _keep_zygote(self) -> None:
        """Start it, and again whenever it has gone, with pauses that grow while it does not start."""
        pause = 0.5
        while True:
            try:
                self.zygote = await Zygote.start(self.level, self._preload, sorted(self._places), self._cache)
            except (KernelFailed, OSError) as error:
                log.error("%s; trying again in %.1f s", error, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = 0.5
            self._ready.set()
            await self.zygote.gone.wait()
            self._ready.clear()
            log.warning("the zygote has gone, and every session with it; it is started again")
            await self.zygote.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            for name, session in list(self._sessions.items()):
                try:
                    await self._look_at(name, session)
                except Exception:  # of one session: the others are watched all the same
                    log.exception("session %s could not be looked at", name)

    async def _look_at(self, name: str, session: _Session) -> None:
        if session.watched is None or session.kill is None or session.overran:
            return
        overran = await asyncio.to_thread(session.watched.overran, self.limits)
        if overran and self._sessions.get(name) is session:
            log.info("session %s has used too much: %s", name, overran)
            session.overran = overran
            try:
                async with asyncio.timeout(_KILLED_WITHIN):
                    await session.kill()
            except TimeoutError:
                log.error("session %s was killed, but does not end", name)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.zygote:
            await self.zygote.close()
        for name in list(self._sessions):
            self.forget(name)
