"""Channels to kernels: libzmq at the other end, and ends that mean harm."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import zmq
import zmq.asyncio

from device_agent.zmtp import MAX_MESSAGE, Channel

GREETING = (b"\xff" + bytes(8) + b"\x7f\x03\x00NULL").ljust(64, b"\0")
READY = b"\x04\x06\x05READY"


@pytest.fixture
def context() -> zmq.asyncio.Context:
    made = zmq.asyncio.Context()
    yield made
    made.destroy(linger=0)


async def _taken(channel: Channel) -> list[bytes]:
    async with asyncio.timeout(10):
        while (message := channel.take()) is None:
            await channel.arrived()
    return message


@contextlib.asynccontextmanager
async def _kernel(
    place: Path, does: Callable[[asyncio.StreamWriter], Awaitable[None]]
) -> AsyncIterator[Channel]:
    """A channel to a kernel that greets as it should, and then does as it likes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING + READY)
        with contextlib.suppress(OSError):
            await does(writer)
            await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(serve, place / "k"):
        channel = await Channel.connect(str(place / "k"), "DEALER", b"")
        try:
            yield channel
        finally:
            channel.close()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 70_000, 5_000_000])
async def test_messages_of_every_size_go_both_ways(
    tmp_path: Path, context: zmq.asyncio.Context, size: int
) -> None:
    router = context.socket(zmq.ROUTER)
    router.bind(f"ipc://{tmp_path}/k")
    channel = await Channel.connect(f"{tmp_path}/k", "DEALER", b"me")
    parts = [b"x" * size, b"", b"y" * size]
    await channel.send(parts)
    assert await router.recv_multipart() == [b"me", *parts]
    await router.send_multipart([b"me", *parts])
    assert await _taken(channel) == parts
    channel.close()


async def test_a_subscriber_gets_everything_from_its_subscription_on(
    tmp_path: Path, context: zmq.asyncio.Context
) -> None:
    publisher = context.socket(zmq.XPUB)
    publisher.bind(f"ipc://{tmp_path}/k")
    channel = await Channel.connect(f"{tmp_path}/k", "SUB", b"")
    assert await publisher.recv() == b"\x01"
    for number in range(1000):
        await publisher.send_multipart([b"topic", str(number).encode()])
    assert [int((await _taken(channel))[1]) for _ in range(1000)] == list(range(1000))
    channel.close()


async def test_a_message_without_an_end_is_not_held(tmp_path: Path) -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"\x03" + struct.pack(">Q", 2**20) + bytes(2**20))
            await writer.drain()

    async with _kernel(tmp_path, flood) as channel, asyncio.timeout(10):
        assert await channel.lost == "limit:output"


@pytest.mark.parametrize(
    "frames",
    [
        b"\x01\x00" * 10_000,
        b"\x04\x00" * 10_000,
        b"\x02" + struct.pack(">Q", MAX_MESSAGE + 1),
        b"\x02" + struct.pack(">Q", 2**64 - 1),
    ],
    ids=["parts", "commands", "a part too large", "a part of all there is"],
)
async def test_who_sends_too_much_is_cut_off(tmp_path: Path, frames: bytes) -> None:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(frames)

    async with _kernel(tmp_path, send) as channel, asyncio.timeout(10):
        assert await channel.lost == "limit:output"
        assert channel.take() is None


async def test_a_kernel_that_is_not_heard_has_to_wait(tmp_path: Path) -> None:
    sent = 0

    async def flood(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        for _ in range(100):
            writer.write(b"\x02" + struct.pack(">Q", 2**20) + bytes(2**20))
            await writer.drain()
            sent += 1

    async with _kernel(tmp_path, flood) as channel:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.Event().wait()
        assert sent < 10
        for _ in range(100):
            assert len((await _taken(channel))[0]) == 2**20


async def test_what_was_said_before_the_end_is_heard(tmp_path: Path) -> None:
    async def say_and_go(writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x01a" * 1000)
        writer.close()

    async with _kernel(tmp_path, say_and_go) as channel:
        assert [await _taken(channel) for _ in range(1000)] == [[b"a"]] * 1000
        assert await channel.lost == "kernel_died"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK" + bytes(64), GREETING])
async def test_who_does_not_greet_is_no_kernel(tmp_path: Path, said: bytes) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with await asyncio.start_unix_server(serve, tmp_path / "k"):
        with pytest.raises(OSError):
            async with asyncio.timeout(10):
                await Channel.connect(str(tmp_path / "k"), "SUB", b"")


async def test_a_kernel_that_takes_nothing_does_not_fill_the_agent(tmp_path: Path) -> None:
    async def sleep(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    sent = 0
    async with _kernel(tmp_path, sleep) as channel:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                while True:
                    await channel.send([bytes(2**20)])
                    sent += 1
        assert sent < 12
