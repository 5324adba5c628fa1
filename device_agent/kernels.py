"""One kernel: started, spoken to and stopped through jupyter_client."""

import asyncio
import base64
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from chalicelib.messages import Header, Message, dumps, interact_of
from device_agent.errors import KernelFailed

_ROOT = Path(__file__).resolve().parent.parent
MAX_HEADER_FIELD = 200
_ASK_AGAIN_AFTER = 0.5
_SEND_WITHIN = 10.0
MAX_METADATA = 8 * 1024
CHANNELS = ("iopub", "shell", "control", "stdin")


class _Specs(KernelSpecManager):
    """The one kernelspec that agents have: ipykernel with the interact library."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "device_agent.kernel", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3 (Longwire)", language="python")


def _environment(directory: Path) -> dict[str, str]:
    """Everything that a kernel's environment has: nothing of the agent's own gets there by itself."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(directory / "work"),
        "TMPDIR": str(directory / "work"),
        "IPYTHONDIR": str(directory / "ipython"),
        "PYTHONPATH": str(_ROOT),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(Path(tempfile.gettempdir()) / "longwire-mpl")),
    }


class Kernel:
    """A running kernel. Use `Kernel.start`, then exactly one `close`."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient, directory: Path) -> None:
        self._manager = manager
        self._client = client
        self._directory = directory

    @classmethod
    async def start(cls, context: zmq.asyncio.Context, work_dir: Path, timeout: float) -> "Kernel":
        """A kernel that has answered, with its iopub subscribed.

        Its sockets are files in a directory that only the agent's user can enter: never TCP.

        :raises KernelFailed: it did not answer within `timeout` seconds.
        """
        directory = Path(tempfile.mkdtemp(prefix="longwire-", dir=work_dir))
        (directory / "work").mkdir()
        manager = AsyncKernelManager(
            kernel_name="longwire",
            kernel_spec_manager=_Specs(),
            context=context,
            transport="ipc",
            ip=str(directory / "k"),
            connection_file=str(directory / "connection.json"),
        )
        try:
            async with asyncio.timeout(timeout):
                await manager.start_kernel(
                    env=_environment(directory),
                    cwd=str(directory / "work"),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                client = manager.client(context=context)
                client.start_channels(hb=False)
                kernel = cls(manager, client, directory)
                await kernel._ready()
        except BaseException as error:
            with contextlib.suppress(Exception):
                await manager.shutdown_kernel(now=True)
            shutil.rmtree(directory, ignore_errors=True)
            if isinstance(error, TimeoutError):
                raise KernelFailed(f"the kernel did not answer within {timeout:.0f} s") from error
            raise
        return kernel

    async def _ready(self) -> None:
        """Wait until shell answers and iopub is subscribed, so that the first `idle` is not lost.

        A kernel that starts under load may have answered before its iopub was subscribed: then it is asked
        again. (jupyter_client's `wait_for_ready` would add a silence of 200 ms.)
        """
        await self._until_answered("shell", self._client.kernel_info())
        while True:
            msg_id = self._client.kernel_info()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_AGAIN_AFTER):
                    await self._until_answered("shell", msg_id)
                    while not _is_idle_of(await self._channel("iopub").get_msg(), msg_id):
                        pass
                return

    async def _until_answered(self, channel: str, msg_id: str) -> None:
        while (await self._channel(channel).get_msg())["parent_header"].get("msg_id") != msg_id:
            pass

    def _channel(self, name: str) -> Any:
        return getattr(self._client, f"{name}_channel")

    async def send(self, message: Message) -> None:
        """Pass a browser's message on, with its own header, so that answers name it as their parent."""
        parts = self._client.session.serialize(
            {
                "header": message["header"],
                "msg_id": message["header"]["msg_id"],
                "msg_type": message["header"]["msg_type"],
                "parent_header": message["parent_header"],
                "metadata": message["metadata"],
                "content": message["content"],
            }
        )
        parts += [base64.b64decode(text) for text in message["buffers"]]
        # Session.send would go round the asyncio socket, which may then miss that an answer has come.
        async with asyncio.timeout(_SEND_WITHIN):  # a kernel that has stopped itself takes nothing
            await self._channel(message["channel"]).socket.send_multipart(parts)

    async def messages(self, channel: str) -> AsyncIterator[Message]:
        """What the kernel sends on a channel, for as long as it lives."""
        while True:
            raw = await self._channel(channel).get_msg()
            yield _as_message(raw, channel)

    async def interrupt(self) -> None:
        with contextlib.suppress(Exception):
            await self._manager.interrupt_kernel()

    async def alive(self) -> bool:
        return bool(await self._manager.is_alive())

    async def died(self) -> int | None:
        """Wait until the kernel's process has ended.

        :returns: its exit status.
        """
        provisioner = self._manager.provisioner
        status: int | None = await provisioner.wait() if provisioner else None
        return status

    async def close(self) -> None:
        """Kill it and remove what it left."""
        with contextlib.suppress(Exception):
            self._client.stop_channels()
        with contextlib.suppress(Exception):
            await self._manager.shutdown_kernel(now=True)
        await asyncio.to_thread(_remove, self._directory)


def _remove(directory: Path) -> None:
    """Remove all that a session left, however deep it nested its folders."""
    try:
        shutil.rmtree(directory, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", str(directory)], check=False, timeout=60)


def _is_idle_of(raw: dict[str, Any], msg_id: str) -> bool:
    is_idle = raw["content"].get("execution_state") == "idle"
    return is_idle and raw["parent_header"].get("msg_id") == msg_id  # type: ignore[no-any-return]


def _header(raw: dict[str, Any]) -> dict[str, Any]:
    """The fields that Jupyter headers have, as short text; nothing else that a kernel may put there."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)[:MAX_HEADER_FIELD]
        for name, value in raw.items()
        if name in Header.__annotations__
    }


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    """Without what only the agent may say (payloads), and without what would not fit a websocket message."""
    metadata = {name: value for name, value in raw.items() if name != "payload"}
    mark = interact_of({"metadata": metadata})
    metadata.pop("interact", None)
    if len(dumps(metadata).encode()) > MAX_METADATA:
        metadata = {}
    if mark:
        metadata["interact"] = {"function_name": mark[0], "state": mark[1]}
    return metadata


def _as_message(raw: dict[str, Any], channel: str) -> Message:
    """A kernel's message as the wire has it. Kernels are hostile: what does not fit is cut."""
    return {
        "header": _header(raw["header"]),  # type: ignore[typeddict-item]
        "parent_header": _header(raw["parent_header"]),
        "metadata": _metadata(raw["metadata"]),
        "content": raw["content"] if isinstance(raw["content"], dict) else {},
        "buffers": [base64.b64encode(buffer).decode() for buffer in raw["buffers"]],
        "channel": channel,
    }
