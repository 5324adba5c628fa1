"""Ready kernels, so that a session gets one without waiting. Each serves one session and is never reused."""

import asyncio
import contextlib
import logging

import zmq.asyncio

from device_agent.errors import KernelFailed
from device_agent.host import Host
from device_agent.kernels import Kernel
from device_agent.kernelspecs import DEFAULT
from device_agent.policy import Policy
from device_agent.settings import AgentSettings

log = logging.getLogger(__name__)
_LONGEST_PAUSE = 30.0


class KernelPool:
    """Keeps `warm_kernels` kernels ready; refills in the background, one at a time, while memory is free."""

    def __init__(self, settings: AgentSettings, policy: Policy) -> None:
        self._settings = settings
        self.host = Host(settings, policy)
        self._context = zmq.asyncio.Context()
        self._ready: asyncio.Queue[Kernel] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._refill: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.host.start()
        self._wanted.set()
        self._refill = asyncio.create_task(self._keep_full())

    async def acquire(self, name: str = DEFAULT) -> Kernel:
        """A kernel for one session: a ready one, else a new one.

        :param name: of a kernelspec; only the default's are kept ready.
        :raises KernelFailed: it did not start.
        """
        if name != DEFAULT:
            return await self._make(name)
        self._wanted.set()
        while not self._ready.empty():
            kernel = self._ready.get_nowait()
            if await kernel.alive():
                return kernel
            await kernel.close()
        return await self._make()

    async def _make(self, name: str = DEFAULT) -> Kernel:
        return await Kernel.start(self.host, self._context, self._settings.kernel_start_timeout, name)

    async def _keep_full(self) -> None:
        pause = 0.5
        while True:
            await self._wanted.wait()
            # The session that has just got a kernel needs the processor more than the next one does.
            await asyncio.sleep(pause)
            try:
                if self._ready.qsize() < self._settings.warm_kernels:
                    self._ready.put_nowait(await self._make())
                pause = 0.5
            except (KernelFailed, OSError) as error:
                log.warning("a spare kernel did not start: %s", error)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            if self._ready.qsize() >= self._settings.warm_kernels:
                self._wanted.clear()

    async def close(self) -> None:
        if self._refill:
            self._refill.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._refill
        while not self._ready.empty():
            await self._ready.get_nowait().close()
        await self.host.close()
        self._context.destroy(linger=0)
