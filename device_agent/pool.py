"""Ready kernels, so that a session gets one without waiting. Each serves one session and is never reused."""

import asyncio
import contextlib
import logging
import time

from device_agent.errors import KernelFailed
from device_agent.host import Host
from device_agent.kernels import Kernel
from device_agent.kernelspecs import DEFAULT
from device_agent.policy import Policy
from device_agent.room import has_memory
from device_agent.settings import AgentSettings

log = logging.getLogger(__name__)
_FIRST_PAUSE, _NEXT_PAUSE, _LONGEST_PAUSE = 0.3, 0.05, 30.0
_FIRST_REST = 2.0


class KernelPool:
    """Keeps `warm_kernels` kernels ready; refills in the background, one at a time, while memory is free."""

    def __init__(self, settings: AgentSettings, policy: Policy) -> None:
        self._settings = settings
        self.host = Host(settings, policy)
        self._ready: asyncio.Queue[Kernel] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._changed = asyncio.Condition()
        self._refill: asyncio.Task[None] | None = None
        self._rests_until, self._rest = 0.0, _FIRST_REST

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
            try:
                if await kernel.alive():
                    return kernel
            except asyncio.CancelledError:  # whoever wanted it wants it no more
                await kernel.close()
                raise
            await kernel.close()
        return await self._make()

    @property
    def ready(self) -> int:
        """Kernels that stand ready."""
        return self._ready.qsize()

    async def filled(self) -> None:
        """Wait until as many kernels stand ready as should."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.ready >= self._settings.warm_kernels)

    @property
    def fails(self) -> bool:
        """Whether a kernel did not start a moment ago: no session should be taken just now."""
        return time.monotonic() < self._rests_until

    async def _make(self, name: str = DEFAULT) -> Kernel:
        try:
            kernel = await Kernel.start(self.host, self._settings.kernel_start_timeout, name)
        except (KernelFailed, OSError) as error:
            self._rests_until = time.monotonic() + self._rest
            self._rest = min(2 * self._rest, _LONGEST_PAUSE)
            raise KernelFailed(str(error)) from error
        self._rests_until, self._rest = 0.0, _FIRST_REST
        return kernel

    async def _keep_full(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            await self._wanted.wait()
            # The session that has just got a kernel needs the processor more than the next one does.
            await asyncio.sleep(pause)
            if self.ready >= self._settings.warm_kernels:
                self._wanted.clear()
                pause = _FIRST_PAUSE
                continue
            try:
                if not has_memory(self._settings.capacity):
                    raise KernelFailed("too little memory is free")
                self._ready.put_nowait(await self._make())
                pause = _NEXT_PAUSE
            except KernelFailed as error:
                log.warning("no spare kernel: %s", error)
                pause = _longer(pause)
            except Exception:  # the device would go on without a spare kernel for good
                log.exception("no spare kernel")
                pause = _longer(pause)
            async with self._changed:
                self._changed.notify_all()

    async def close(self) -> None:
        if self._refill:
            self._refill.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._refill
        while not self._ready.empty():
            await self._ready.get_nowait().close()
        await self.host.close()


def _longer(pause: float) -> float:
    return min(2 * max(pause, _FIRST_PAUSE), _LONGEST_PAUSE)
