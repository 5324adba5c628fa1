"""A session's only way to the network: a proxy in the agent that connects to what the pool has listed.

The session has a network namespace with nothing in it but a loopback of its own. There, at 127.0.0.1:3128,
a socket listens that belongs to the agent. It speaks HTTP's CONNECT (RFC 9110, 9.3.6) and nothing else.
"""

import asyncio
import contextlib
import functools
import ipaddress
import logging
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

log = logging.getLogger(__name__)

PORT = 443
_LONGEST_REQUEST = 8 * 1024
_REQUEST_WITHIN = 10.0
_IDLE = 60.0
_MOST_CONNECTIONS = 16
_CHUNK = 64 * 1024
_PAUSE, _TROUBLE_PAUSE = 0.01, 1.0
_RESOLVERS = ThreadPoolExecutor(4, thread_name_prefix="resolve")
"""Names that are slow to resolve shall not keep the agent's own calls waiting for a thread."""


class Denied(Exception):
    """Raised when a session asks for what it may not have; `status` is the HTTP answer."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status


def allowed(target: str, network: Iterable[str]) -> tuple[str, int]:
    """Host and port of a CONNECT request's target, if the list has it.

    :param network: entries `name`, `name:port` or `*.name` (all below name); without a port it is 443.
    :raises Denied: it is not in the list, or not `host:port` at all.
    """
    host, _, port_text = target.rpartition(":")
    host = host.strip("[]").rstrip(".").lower()
    if not host or not port_text.isdecimal() or len(port_text) > 5:
        raise Denied("400 Bad Request", "CONNECT takes host:port")
    port = int(port_text)
    for entry in network:
        name, _, entry_port = entry.lower().partition(":")
        matches = host.endswith(name[1:]) if name.startswith("*.") else host == name
        if matches and port == int(entry_port or PORT):
            return host, port
    raise Denied("403 Forbidden", f"{host}:{port} is not among the hosts that this pool may reach")


def public(addresses: Iterable[str]) -> list[str]:
    """The addresses that are not this host's, its neighbours', or the metadata service's."""
    return [text for text in addresses if _is_public(ipaddress.ip_address(text.partition("%")[0]))]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        # An IPv4 address in one of its IPv6 disguises is judged as what it is.
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return _is_public(inner)
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


class Egress:
    """Serves one session's socket until it is closed. Never raises into the agent."""

    def __init__(self, listener: socket.socket, network: tuple[str, ...], idle: float = _IDLE) -> None:
        """:param idle: seconds for which a connection may move nothing in either direction."""
        self._network = network
        self._listener = listener
        self._idle = idle
        self._room = asyncio.Semaphore(_MOST_CONNECTIONS)
        self._connections: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._listener.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())

    async def close(self) -> None:
        tasks = [*self._connections, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    async def _accept(self) -> None:
        """Only as many as may be open, and only so fast: the others wait in the kernel and cost nothing."""
        while True:
            await self._room.acquire()
            try:
                connection, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            except OSError as error:
                log.debug("a session's connection was not accepted: %s", error)
                self._room.release()
                await asyncio.sleep(_TROUBLE_PAUSE)
                continue
            task = asyncio.create_task(self._serve(connection))
            self._connections.add(task)
            task.add_done_callback(self._over)
            await asyncio.sleep(_PAUSE)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._connections.discard(task)
        self._room.release()

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=_LONGEST_REQUEST)
        try:
            await self._pass_on(reader, writer)
        except Denied as error:
            text = f"{error}\n".encode()
            head = f"HTTP/1.1 {error.status}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + text)
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._idle):
                    await _sent(writer)
        except (OSError, ExceptionGroup, ValueError, asyncio.IncompleteReadError, TimeoutError) as error:
            log.debug("a session's connection ended: %s", error)
        finally:
            # Not close(): that would wait for whoever has stopped reading.
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await self._connect(reader)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            # One time for both directions: who downloads has nothing to say meanwhile.
            async with asyncio.timeout(self._idle) as idle:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pump(reader, upstream_writer, idle))
                    both.create_task(self._pump(upstream_reader, writer, idle))
                await _sent(upstream_writer)
                await _sent(writer)
        finally:
            upstream_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: asyncio.Timeout
    ) -> None:
        try:
            while chunk := await reader.read(_CHUNK):
                writer.write(chunk)
                await writer.drain()
                if not idle.expired():
                    idle.reschedule(asyncio.get_running_loop().time() + self._idle)
        finally:
            writer.close()

    async def _connect(
        self, reader: asyncio.StreamReader
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(_REQUEST_WITHIN):
                head = await reader.readuntil(b"\r\n\r\n")
                method, _, rest = head.decode("latin-1").partition(" ")
                if method != "CONNECT":
                    raise Denied("405 Method Not Allowed", "only https:// is possible from here")
                host, port = allowed(rest.partition(" ")[0], self._network)
                addresses = public(await _resolve(host, port))
                if not addresses:
                    raise Denied("403 Forbidden", f"{host} has no public address")
                # To the address that was checked: asking again might give another.
                return await asyncio.open_connection(addresses[0], port)
        except asyncio.LimitOverrunError as error:
            raise Denied("431 Request Header Fields Too Large", "the request is too long") from error
        except TimeoutError as error:
            raise Denied("504 Gateway Timeout", "no connection in time") from error
        except OSError as error:
            raise Denied("502 Bad Gateway", f"no connection: {error}") from error


async def _resolve(host: str, port: int) -> list[str]:
    asked = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, asked)
    return [str(address[4][0]) for address in found]


async def _sent(writer: asyncio.StreamWriter) -> None:
    """Close it when all that was written has been sent."""
    writer.close()
    await writer.wait_closed()
