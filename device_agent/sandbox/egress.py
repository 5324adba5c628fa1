"""A session's only way to the network: a proxy in the agent that connects to what the pool has listed.

The session has a network namespace with nothing in it but a loopback of its own. There, at 127.0.0.1:3128,
a socket listens that belongs to the agent. It speaks HTTP's CONNECT (RFC 9110, 9.3.6) and nothing else.
"""

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Iterable

log = logging.getLogger(__name__)

PORT = 443
_LONGEST_REQUEST = 8 * 1024
_REQUEST_WITHIN = 10.0
_IDLE = 60.0
_MOST_CONNECTIONS = 16
_CHUNK = 64 * 1024


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

    def __init__(self, listener: socket.socket, network: tuple[str, ...]) -> None:
        self._network = network
        self._listener = listener
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._listener.setblocking(False)
        self._server = await asyncio.start_server(self._serve, sock=self._listener, limit=_LONGEST_REQUEST)

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._connections.add(task)
        try:
            if len(self._connections) > _MOST_CONNECTIONS:
                raise Denied("503 Service Unavailable", f"{_MOST_CONNECTIONS} connections are open already")
            upstream_reader, upstream_writer = await self._connect(reader)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, upstream_writer))
                both.create_task(_pump(upstream_reader, writer))
        except Denied as error:
            with contextlib.suppress(OSError):
                text = f"{error}\n".encode()
                head = f"HTTP/1.1 {error.status}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode() + text)
                await writer.drain()
        except (OSError, ExceptionGroup, ValueError, asyncio.IncompleteReadError, TimeoutError) as error:
            log.debug("a session's connection ended: %s", error)
        finally:
            self._connections.discard(task)
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
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[4][0]) for address in found]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            async with asyncio.timeout(_IDLE):
                chunk = await reader.read(_CHUNK)
                if not chunk:
                    break
                writer.write(chunk)
                await writer.drain()
    finally:
        writer.close()
