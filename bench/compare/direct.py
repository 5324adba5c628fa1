"""jupyter_client straight to a kernel of its own, over ZMQ."""

import asyncio
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

from bench.compare.session import Session
from tests.integration.client import Message

START_SECONDS = 20.0


class DirectSession(Session):
    def __init__(self, client: AsyncKernelClient) -> None:
        self._client = client
        self._arrived: asyncio.Queue[Message] = asyncio.Queue()
        self._readers = [
            asyncio.create_task(self._read(client.shell_channel)),
            asyncio.create_task(self._read(client.iopub_channel)),
        ]

    async def send(self, message: Message) -> None:
        made = self._client.session.msg(message["header"]["msg_type"], message["content"])
        made["header"]["msg_id"] = made["msg_id"] = message["header"]["msg_id"]
        self._client.shell_channel.send(made)

    async def receive(self) -> list[Message]:
        return [await self._arrived.get()]

    async def close(self) -> None:
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        self._client.stop_channels()

    async def _read(self, channel: Any) -> None:
        while True:
            parts = await channel.socket.recv_multipart()
            self.received += sum(map(len, parts))
            _, rest = self._client.session.feed_identities(parts)
            self._arrived.put_nowait(self._client.session.deserialize(rest))


class Direct:
    async def start_kernel(self) -> AsyncKernelManager:
        manager = AsyncKernelManager(kernel_name="python3")
        await manager.start_kernel(stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        return manager

    async def attach(self, kernel: AsyncKernelManager) -> DirectSession:
        client = kernel.client()
        client.start_channels(hb=False)
        await client.wait_for_ready(timeout=START_SECONDS)
        return DirectSession(client)

    async def end_kernel(self, kernel: AsyncKernelManager) -> None:
        await kernel.shutdown_kernel(now=True)
