"""One kernel: started, spoken to and stopped through jupyter_client."""

import asyncio
import base64
import contextlib
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.session import Session

from chalicelib.messages import Message
from chalicelib.parsing import known_header
from device_agent import listening, workplace
from device_agent.errors import KernelFailed, NoKernel
from device_agent.host import Host
from device_agent.kernelspecs import DEFAULT, Specs
from device_agent.sandbox.egress import Egress
from device_agent.zmtp import Channel, Kind

CHANNELS = ("iopub", "shell", "control", "stdin")
DIRECTORY_PREFIX = "longwire-"
_ASK_AGAIN_AFTER = 0.5
_SEND_WITHIN = 10.0
_KILLED_WITHIN = 10.0


class _Manager(AsyncKernelManager):
    """A manager whose provisioner finds the host in it."""

    host: Host

    def _connect_control_socket(self) -> None:
        """A socket of libzmq, which would hold whatever a kernel sends, is not made."""


class Kernel:
    """A running kernel. Use `Kernel.start`, then exactly one `close`."""

    def __init__(self, host: Host, manager: _Manager, directory: Path) -> None:
        self._host = host
        self._manager = manager
        self._channels: dict[str, Channel] = {}
        self._directory = directory
        self._egress: Egress | None = None

    @classmethod
    async def start(cls, host: Host, timeout: float, name: str = DEFAULT) -> "Kernel":
        """A kernel that has answered, with its iopub subscribed.

        Its sockets are files in a directory that only the agent's user can enter: never TCP.

        :param name: of a kernelspec.
        :raises NoKernel: there is none of that name.
        :raises KernelFailed: it did not answer within `timeout` seconds.
        """
        directory = Path(tempfile.mkdtemp(prefix=DIRECTORY_PREFIX, dir=host.work_dir))
        manager = _Manager(
            kernel_name=name,
            kernel_spec_manager=Specs(host.kernelspecs),
            transport="ipc",
            ip=str(directory / "k"),
            connection_file=str(directory / "connection.json"),
        )
        manager.host = host
        kernel = cls(host, manager, directory)
        try:
            (directory / "work").mkdir()
            async with asyncio.timeout(timeout):
                await manager.start_kernel(
                    env=host.environment(directory),
                    cwd=str(directory / "work"),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                await kernel._connect()
        except BaseException as error:
            await kernel.close()
            if isinstance(error, NoSuchKernel):
                raise NoKernel(f"this device has no kernel {name}") from error
            if isinstance(error, TimeoutError):
                raise KernelFailed(f"the kernel did not answer within {timeout:.0f} s") from error
            raise
        return kernel

    async def _connect(self) -> None:
        """Wait until shell answers and iopub is subscribed, so that the first `idle` is not lost.

        A kernel that starts under load may have answered before its iopub was subscribed: then it is asked
        again. (jupyter_client's `wait_for_ready` would add a silence of 200 ms.)
        """
        listener = getattr(self._manager.provisioner, "listener", None)
        if listener is not None:
            self._egress = Egress(listener, self._host.network)
            await self._egress.start()
        info: Any = self._manager.get_connection_info()
        for name in CHANNELS:
            kind: Kind = "SUB" if name == "iopub" else "DEALER"
            path = f"{info['ip']}-{info[f'{name}_port']}"
            # The reply to an input request comes from whoever made the request: one identity for all.
            self._channels[name] = await Channel.connect(path, kind, self._session.bsession)
        await self._until_answered(await self._ask("shell", "kernel_info_request"))
        while True:
            msg_id = await self._ask("shell", "kernel_info_request")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_AGAIN_AFTER):
                    await self._until_answered(msg_id)
                    async for message, _ in self.messages("iopub"):
                        if _is_idle_of(message, msg_id):
                            break
                return

    @property
    def _session(self) -> Session:
        session: Session = self._manager.session
        return session

    async def _ask(self, channel: str, msg_type: str) -> str:
        """:returns: the id of the request."""
        message = self._session.msg(msg_type)
        await self._channels[channel].send(self._session.serialize(message))
        return str(message["header"]["msg_id"])

    async def _until_answered(self, msg_id: str) -> None:
        async for message, _ in self.messages("shell"):
            if message["parent_header"].get("msg_id") == msg_id:
                return

    async def send(self, message: Message) -> None:
        """Pass a browser's message on, with its own header, so that answers name it as their parent."""
        parts = self._session.serialize(
            {
                "header": known_header(message["header"]),
                "msg_id": message["header"]["msg_id"],
                "msg_type": message["header"]["msg_type"],
                "parent_header": message["parent_header"],
                "metadata": message["metadata"],
                "content": message["content"],
            }
        )
        parts += [base64.b64decode(text) for text in message["buffers"]]
        async with asyncio.timeout(_SEND_WITHIN):  # a kernel that has stopped itself takes nothing
            await self._channels[message["channel"]].send(parts)

    def messages(self, channel: str) -> AsyncIterator[listening.Heard]:
        """What the kernel sends on a channel, for as long as it lives."""
        return listening.messages(self._channels[channel], self._session, channel)

    async def cut_off(self) -> str:
        """Wait until a channel of the kernel is lost.

        :returns: why, as `computation_end` says it.
        """
        lost = {channel.lost for channel in self._channels.values()}
        done, _ = await asyncio.wait(lost, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()

    async def interrupt(self) -> None:
        with contextlib.suppress(Exception):
            spec = self._manager.kernel_spec
            if spec is not None and spec.interrupt_mode == "message":
                async with asyncio.timeout(_SEND_WITHIN):
                    await self._ask("control", "interrupt_request")
            else:
                await self._manager.interrupt_kernel()

    async def alive(self) -> bool:
        return bool(await self._manager.is_alive())

    async def died(self) -> str:
        """Wait until the kernel's process has ended.

        :returns: why, as `computation_end` says it: `kernel_died`, or `limit:` and which.
        """
        provisioner = self._manager.provisioner
        status: int | None = await provisioner.wait() if provisioner else None
        return self._host.reason(self._directory.name, status)

    async def close(self) -> None:
        """Kill it and remove what it left."""
        if self._egress:
            await self._egress.close()
        for channel in self._channels.values():
            channel.close()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_KILLED_WITHIN):  # a zygote that is stuck tells of no end
                await self._manager.shutdown_kernel(now=True)
        await asyncio.to_thread(workplace.remove, self._directory)


def _is_idle_of(message: Message, msg_id: str) -> bool:
    is_idle = message["content"].get("execution_state") == "idle"
    return is_idle and message["parent_header"].get("msg_id") == msg_id
