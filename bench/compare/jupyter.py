"""jupyter_server and kernel_gateway: a server in the bench's own environment, its REST API and its websocket.

The client does what JupyterLab does: it opens the websocket with the subprotocol
v1.kernel.websocket.jupyter.org and sends nothing before its kernel_info_request is answered.
"""

import asyncio
import contextlib
import json
import os
import random
import secrets
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import websockets

from bench.compare.session import Session
from tests.integration.client import Message, request

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
PROTOCOL = websockets.Subprotocol("v1.kernel.websocket.jupyter.org")
START_SECONDS = 60.0
KERNEL_SECONDS = 20.0
STOP_SECONDS = 20.0


class KernelSocket(Session):
    def __init__(self, wire: Any) -> None:
        self._wire = wire

    async def send(self, message: Message) -> None:
        header = {**message["header"], "session": "", "username": "", "version": "5.4", "date": ""}
        texts = [json.dumps(part) for part in (header, {}, message["metadata"], message["content"])]
        await self._wire.send(_pack([message["channel"], *texts]))

    async def receive(self) -> list[Message]:
        frame = await self._wire.recv()
        self.received += len(frame)
        return [_unpack(frame)]

    async def close(self) -> None:
        await self._wire.close()

    async def ready(self) -> None:
        asked = request("kernel_info_request", "shell", {})
        await self.send(asked)
        async with asyncio.timeout(KERNEL_SECONDS):
            while True:
                for message in await self.receive():
                    if message["header"]["msg_type"] == "kernel_info_reply":
                        return


@dataclass
class JupyterServer:
    """A running server; a Way."""

    port: int
    token: str
    http: aiohttp.ClientSession = field(repr=False)

    async def start_kernel(self) -> str:
        async with self.http.post(f"{self._api}/kernels", json={"name": "python3"}) as answer:
            answer.raise_for_status()
            return str((await answer.json())["id"])

    async def end_kernel(self, kernel: str) -> None:
        async with self.http.delete(f"{self._api}/kernels/{kernel}") as answer:
            answer.raise_for_status()

    async def attach(self, kernel: str) -> KernelSocket:
        address = f"{self.websocket_of(kernel)}&session_id={uuid.uuid4().hex}"
        wire = await websockets.connect(
            address, subprotocols=[PROTOCOL], max_size=None, compression=None, open_timeout=KERNEL_SECONDS
        )
        session = KernelSocket(wire)
        await session.ready()
        return session

    def websocket_of(self, kernel: str) -> str:
        return f"ws://127.0.0.1:{self.port}/api/kernels/{kernel}/channels?token={self.token}"

    @property
    def _api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    async def until_up(self, process: asyncio.subprocess.Process) -> None:
        """Raises TimeoutError when the server does not answer, ChildProcessError when it has ended."""
        async with asyncio.timeout(START_SECONDS):
            while True:
                if process.returncode is not None:
                    raise ChildProcessError(f"the server on port {self.port} has ended: {process.returncode}")
                with contextlib.suppress(aiohttp.ClientError):
                    async with self.http.get(f"{self._api}/kernelspecs") as answer:
                        if answer.ok:
                            return
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def jupyter_server(*, nodelay: bool = False) -> AsyncIterator[JupyterServer]:
    module = [str(ROOT / "bench" / "compare" / "nodelay.py")] if nodelay else ["-m", "jupyter_server"]
    async with _served(
        [*module, "--allow-root", "--no-browser"], "ServerApp", "IdentityProvider.token"
    ) as server:
        yield server


@contextlib.asynccontextmanager
async def kernel_gateway() -> AsyncIterator[JupyterServer]:
    async with _served(["-m", "kernel_gateway"], "KernelGatewayApp", "KernelGatewayApp.auth_token") as server:
        yield server


@contextlib.asynccontextmanager
async def _served(command: list[str], application: str, token_name: str) -> AsyncIterator[JupyterServer]:
    if not PYTHON.exists():
        raise FileNotFoundError(f"{PYTHON} is missing: `make .setup/bench` makes it")
    port, token = _free_port(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as directory:
        command = [str(PYTHON), *command, f"--{application}.ip=127.0.0.1", f"--{application}.port={port}"]
        command += [f"--{application}.port_retries=0", f"--{token_name}={token}"]
        with (Path(directory) / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=directory, env=_environment(directory), stdout=log, stderr=log
            )
        headers = {"Authorization": f"token {token}"}
        try:
            async with aiohttp.ClientSession(headers=headers) as http:
                server = JupyterServer(port, token, http)
                await server.until_up(process)
                yield server
        finally:
            await _stop(process)


def _environment(directory: str) -> dict[str, str]:
    """Nobody's own settings reach into the measurement."""
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
    return {**os.environ, **{place: f"{directory}/{place.lower()}" for place in places}}


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    """Of those that the system gives to no connection, of which the other ways open many meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port


def _pack(texts: list[str]) -> bytes:
    """How many offsets, the offsets, the parts; the last offset is the end. 8 bytes each, little-endian."""
    parts = [text.encode() for text in texts]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    head = b"".join(number.to_bytes(8, "little") for number in (len(offsets), *offsets))
    return head + b"".join(parts)


def _unpack(frame: bytes) -> Message:
    count = int.from_bytes(frame[:8], "little")
    offsets = [int.from_bytes(frame[8 * (i + 1) : 8 * (i + 2)], "little") for i in range(count)]
    channel, header, parent, metadata, content = (frame[offsets[i] : offsets[i + 1]] for i in range(5))
    return {
        "channel": channel.decode(),
        "header": json.loads(header),
        "parent_header": json.loads(parent),
        "metadata": json.loads(metadata),
        "content": json.loads(content),
    }
