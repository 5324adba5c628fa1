"""The way to the network that a pool may allow: to what is listed, never to the host or its neighbours."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.policy import Policy
from device_agent.sandbox import egress
from device_agent.sandbox.egress import Denied, Egress, allowed, public
from tests.sandbox.conftest import BEST, kernels, run

PUBLIC = "9.9.9.10"
ASK = """
import os, socket
def ask(request):
    with socket.create_connection(("127.0.0.1", 3128), 5) as proxy:
        proxy.settimeout(5)
        proxy.sendall(request.encode())
        answer = b""
        while chunk := proxy.recv(1000):
            answer += chunk
        return answer.decode()
def connect(target, said=""):
    return ask(f"CONNECT {target} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n{said}")
"""


@pytest.mark.parametrize(
    ("target", "entry"),
    [
        ("pypi.org:443", "pypi.org"),
        ("PyPI.org.:443", "pypi.org"),
        ("files.pythonhosted.org:443", "*.pythonhosted.org"),
        ("db.example.org:5432", "db.example.org:5432"),
    ],
)
def test_what_is_listed_is_allowed(target: str, entry: str) -> None:
    host, port = allowed(target, [entry])
    assert target.lower().replace(".:", ":") == f"{host}:{port}"


@pytest.mark.parametrize(
    ("target", "entry"),
    [
        ("pypi.org:80", "pypi.org"),
        ("evilpypi.org:443", "pypi.org"),
        ("pypi.org.evil.example:443", "pypi.org"),
        ("pythonhosted.org:443", "*.pythonhosted.org"),
        ("evilpythonhosted.org:443", "*.pythonhosted.org"),
        ("pypi.org", "pypi.org"),
        ("pypi.org:999999", "pypi.org"),
        ("", "pypi.org"),
    ],
)
def test_what_is_not_listed_is_denied(target: str, entry: str) -> None:
    with pytest.raises(Denied):
        allowed(target, [entry])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0",  # noqa: S104
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "169.254.170.2", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:a9fe:a9fe::",
    ],
)  # fmt: skip
def test_no_name_leads_to_the_host_its_neighbours_or_the_metadata_service(address: str) -> None:
    assert public([address, "1.1.1.1"]) == ["1.1.1.1"]


@given(st.ip_addresses(v=4))
def test_only_addresses_of_the_internet_are_public(address: object) -> None:
    assert bool(public([str(address)])) <= address.is_global  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def _echo() -> AsyncIterator[int]:
    """Something on this machine that answers at a public address, in upper case."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        writer.close()

    added = await _ip("add") == 0
    server = await asyncio.start_server(answer, PUBLIC, 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        if added:
            await _ip("del")


async def _ip(verb: str) -> int:
    process = await asyncio.create_subprocess_exec("ip", "addr", verb, f"{PUBLIC}/32", "dev", "lo")
    return await process.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give this machine a public address")
async def test_a_session_reaches_what_its_pool_lists_and_nothing_else(tmp_path: Path) -> None:
    async with _echo() as port:
        policy = Policy(network=(f"{PUBLIC}:{port}", f"localhost:{port}"), preload=())
        async with kernels(tmp_path, BEST, policy) as pool:
            kernel = await pool.acquire()
            await run(kernel, ASK)
            assert (await run(kernel, f"print(connect('{PUBLIC}:{port}', 'hello'))")).endswith("HELLO\n")
            assert "403" in await run(kernel, f"print(connect('{PUBLIC}:{port + 1}'))")
            assert "no public address" in await run(kernel, f"print(connect('localhost:{port}'))")
            assert "405" in await run(kernel, f"print(ask('GET http://{PUBLIC}/ HTTP/1.1\\r\\n\\r\\n'))")
            assert "431" in await run(kernel, "print(ask('CONNECT ' + 'x' * 20000))")
            direct = f"socket.create_connection(('{PUBLIC}', {port}), 2)"
            assert "OSError" in await run(kernel, direct)
            assert "HTTPS_PROXY" in await run(kernel, "print(os.environ)")
            await kernel.close()


async def test_a_session_of_a_pool_without_a_list_has_no_proxy(tmp_path: Path) -> None:
    async with kernels(tmp_path, BEST, Policy(preload=())) as pool:
        kernel = await pool.acquire()
        assert "ConnectionRefused" in await run(kernel, ASK + "connect('pypi.org:443')")
        await kernel.close()


# The proxy by itself

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
IDLE = 0.2


@contextlib.asynccontextmanager
async def _proxy(
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[tuple[Callable[[], Awaitable[Streams]], bytes]]:
    """How to connect to a proxy, and a request for what `answer` serves."""
    monkeypatch.setattr(egress, "public", list)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    listener = socket.create_server(("127.0.0.1", 0))
    proxy_port = listener.getsockname()[1]
    proxy = Egress(listener, (f"localhost:{port}",), IDLE)
    await proxy.start()
    try:
        request = f"CONNECT localhost:{port} HTTP/1.1\r\n\r\n".encode()
        yield lambda: asyncio.open_connection("127.0.0.1", proxy_port), request
    finally:
        await proxy.close()
        server.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while True:
            writer.write(bytes(10_000))
            await writer.drain()


async def test_a_download_goes_on_for_as_long_as_something_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _proxy(monkeypatch, _pour) as (connect, request), asyncio.timeout(10):
        reader, writer = await connect()
        writer.write(request)
        until = asyncio.get_running_loop().time() + 4 * IDLE
        while asyncio.get_running_loop().time() < until:
            assert await reader.read(10_000)
        writer.close()


async def test_of_who_reads_no_more_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _proxy(monkeypatch, _pour) as (connect, request), asyncio.timeout(10):
        before = _open_files()
        _, writer = await connect()
        writer.write(request)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while await asyncio.to_thread(_open_files) < before + 4:  # it is connected to the server
            pass
        while await asyncio.to_thread(_open_files) > before + 1:
            pass
        writer.close()


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_all_of_a_download_arrives_though_the_server_has_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(3_000_000))
        writer.close()

    async with _proxy(monkeypatch, send) as (connect, request), asyncio.timeout(10):
        reader, writer = await connect()
        writer.write(request)
        await reader.readuntil(b"\r\n\r\n")
        assert len(await reader.read()) == 3_000_000
        writer.close()


async def test_connections_above_the_most_wait_until_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _proxy(monkeypatch, _pour) as (connect, _), asyncio.timeout(10):
        open_ones = [await connect() for _ in range(egress._MOST_CONNECTIONS)]
        reader, writer = await connect()
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = asyncio.create_task(reader.read())
        done, _ = await asyncio.wait([answer], timeout=2 * IDLE)
        assert not done
        open_ones[0][1].close()
        assert b"405" in await answer
        for _, each in [*open_ones[1:], (reader, writer)]:
            each.close()


async def test_names_are_resolved_though_the_agents_own_threads_are_all_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free = threading.Event()
    busy = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(busy)
    busy.submit(free.wait)
    try:
        async with _proxy(monkeypatch, _pour) as (connect, request), asyncio.timeout(5):
            reader, writer = await connect()
            writer.write(request)
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            writer.close()
    finally:
        free.set()
