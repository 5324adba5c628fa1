"""The zygote as a kernel provisioner: jupyter_client keeps the kernel's life, the zygote forks it.

Source: jupyter_client's documentation, "Customizing the kernel's runtime environment" (kernel provisioning).
"""

import asyncio
import signal
import socket
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from device_agent.errors import KernelFailed
from device_agent.sandbox.enclosure import KERNEL
from device_agent.zygote import wire
from device_agent.zygote.client import Process, host_pid
from device_agent.zygote.forked import CHANNELS, ports

if TYPE_CHECKING:
    from device_agent.host import Host


class ZygoteProvisioner(KernelProvisionerBase):
    """Started by an AsyncKernelManager that has a `host` (device_agent.host.Host) and an ipc `ip`."""

    _forked: Process | None = None
    listener: socket.socket | None = None
    """Where the session asks for connections to the network, if it may."""

    @property
    def _manager(self) -> Any:
        return self.parent

    @property
    def _host(self) -> "Host":
        host: Host = self._manager.host
        return host

    @property
    def has_process(self) -> bool:
        return self._forked is not None

    @property
    def pidfd(self) -> int:
        """Of the session's first process."""
        return self._forked.process if self._forked else -1

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        # The base class would apply the agent's own environment to the kernelspec's.
        return {**kwargs, "cmd": list(self.kernel_spec.argv)}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel, or fork and execute `cmd` where the kernelspec has one.

        :raises KernelFailed: the zygote or the new kernel could not do it.
        """
        manager = self._manager
        connection: dict[str, Any] = {
            "transport": "ipc",
            "ip": manager.ip,
            "key": manager.session.key.decode(),
            "signature_scheme": manager.session.signature_scheme,
            **ports(),
        }
        if cmd:
            await self._fork(cmd, connection, [], **kwargs)
            connection["ip"] = await self._until_listening(connection["ip"])
        else:
            # Bound here, in a directory that the kernel cannot see.
            listening = [_listen(f"{manager.ip}-{port}") for port in range(1, len(CHANNELS) + 1)]
            try:
                await self._fork(cmd, connection, [one.fileno() for one in listening], **kwargs)
            finally:
                for one in listening:
                    one.close()
        info: Any = {**connection, "key": manager.session.key}
        self.connection_info = info
        return self.connection_info

    async def _fork(
        self, cmd: list[str], connection: dict[str, Any], sockets: list[int], **kwargs: Any
    ) -> None:
        directory = Path(self._manager.ip).parent
        if cmd and self._host.level != "none":
            connection["ip"] = f"{KERNEL}/k"
        session, theirs = wire.pair()
        session.setblocking(False)
        with session:
            with theirs:
                self._forked = await self._host.fork(theirs, directory.name)
            said = {
                "argv": cmd,
                "connection": connection,
                "ip": connection["ip"],
                "key": connection["key"],
                "limits": asdict(self._host.limits),
                "environment": {**kwargs["env"], **self.kernel_spec.env},
                "directory": kwargs["cwd"],
                "proxy": bool(self._host.network),
                "places": self._host.covered_places,
            }
            try:
                wire.send(session, said, sockets)
                ready, descriptors = await wire.received(session)
            except (OSError, EOFError) as error:
                raise KernelFailed(f"the kernel died while it started: {error}") from error
        if not ready.get("ready"):
            raise KernelFailed(f"the kernel did not start: {ready.get('error')}")
        self._forked.kernel = descriptors[0]
        if len(descriptors) > 1:
            self.listener = socket.socket(fileno=descriptors[1])

    async def _until_listening(self, ip: str) -> str:
        """Wait until an executed kernel has made its sockets; it is not connected to a second time.

        :returns: the start of their paths as the agent sees them, through the root of the kernel's process.
        """
        assert self._forked is not None  # noqa: S101
        seen = ip if self._host.level == "none" else f"/proc/{host_pid(self._forked.kernel)}/root{ip}"
        for port in range(1, len(CHANNELS) + 1):
            while not await asyncio.to_thread(_listens, f"{seen}-{port}"):
                if self._forked.status.done():
                    raise KernelFailed("the kernel ended while it started")
                await asyncio.sleep(0.05)  # bounded by the manager's timeout
        return seen

    async def poll(self) -> int | None:
        if self._forked is None:
            return 0
        return self._forked.status.result() if self._forked.status.done() else None

    async def wait(self) -> int | None:
        """:returns: the kernel's status, 128 + number where a signal ended it."""
        if self._forked is None:
            return 0
        return await asyncio.shield(self._forked.status)

    async def send_signal(self, signum: int) -> None:
        if self._forked and self._forked.kernel >= 0:
            self._forked.signal(signum)

    async def kill(self, restart: bool = False) -> None:
        if self._forked:
            await self._forked.killed()

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        if self.listener is not None:
            self.listener.close()
            self.listener = None
        if self._forked:
            self._forked.close()
        self._host.forget(Path(self._manager.ip).parent.name)


def _listen(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    Path(path).chmod(0o600)
    listening.listen(8)
    return listening


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True
