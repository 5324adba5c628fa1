"""The running agent's ear: a socket in its state directory on which the other commands speak to it."""

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from device_agent.errors import AgentError, AlreadyRunning, Misconfigured, NotRunning

Body = dict[str, Any]
Answer = Callable[[Body], AsyncIterator[Body]]
_SOCKET, _LOCK = "control.sock", "agent.lock"
_ASK_WITHIN = 5.0
_LOOK_EVERY = 0.05


@contextlib.contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the state directory: two agents with one identity would take each other's sessions.

    :raises AlreadyRunning: another agent holds it.
    :raises Misconfigured: nothing may be written there, or there is no room.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (state_dir / _LOCK).open("a+")
    except OSError as error:
        raise Misconfigured(f"state_dir: {state_dir} cannot be written: {error.strerror}") from error
    with lock as file:
        try:
            # Not flock: a lock of this kind is no child's, so nothing that outlives the agent holds it.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunning(f"an agent runs already with {state_dir} (pid {_holder(file)})") from error
        with contextlib.suppress(OSError):  # a full disk: the lock holds, whoever it is
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        yield


def _holder(file: TextIO) -> str:
    file.seek(0)
    return file.read(20).strip() or "unknown"


@contextlib.contextmanager
def _address(state_dir: Path) -> Iterator[str]:
    """The socket's path by way of an open directory: a unix socket's address has room for 107 bytes only."""
    directory = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    way = Path(f"/proc/self/fd/{directory}")
    try:
        yield str((way if way.exists() else state_dir) / _SOCKET)
    finally:
        os.close(directory)


class Control:
    """Answers requests, a JSON line each, by any number of JSON lines. Use `open` and `close`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self, state_dir: Path) -> None:
        """Listen; what an agent that was killed left is replaced."""
        (state_dir / _SOCKET).unlink(missing_ok=True)
        ear = socket.socket(socket.AF_UNIX)
        with _address(state_dir) as address:
            ear.bind(address)
        (state_dir / _SOCKET).chmod(0o600)
        self._server = await asyncio.start_unix_server(self._talk, sock=ear)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._talks.add(task)
        try:
            request = json.loads(await asyncio.wait_for(reader.readline(), _ASK_WITHIN))
            if not isinstance(request, dict):
                return
            async for answer in self._answer(request):
                writer.write(json.dumps(answer).encode() + b"\n")
                await asyncio.wait_for(writer.drain(), _ASK_WITHIN)
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked has gone, or asked for nothing that there is
        finally:
            self._talks.discard(task)
            writer.close()

    async def close(self) -> None:
        """Stop listening; whoever waits for an answer gets its end."""
        if self._server is None:
            return
        self._server.close()
        if self._talks:
            await asyncio.wait(set(self._talks), timeout=1.0)


def ask(state_dir: Path, request: Body, patience: float = _ASK_WITHIN) -> Iterator[Body]:
    """The running agent's answers to a request.

    :param patience: seconds that it may take for each.
    :raises NotRunning: no agent runs with this state directory.
    :raises AgentError: it did not answer in time.
    """
    try:
        with _address(state_dir) as address, socket.socket(socket.AF_UNIX) as mouth:
            mouth.settimeout(patience)
            mouth.connect(address)
            mouth.sendall(json.dumps(request).encode() + b"\n")
            for line in mouth.makefile("r"):
                yield json.loads(line)
    except TimeoutError as error:
        raise AgentError(f"the agent did not answer within {patience:.0f} s") from error
    except PermissionError as error:
        raise AgentError(f"{state_dir} is another user's: run this as the agent's user") from error
    except (OSError, ValueError) as error:
        raise NotRunning(f"no agent runs with {state_dir}") from error


def wait_until_free(state_dir: Path, seconds: float) -> bool:
    """Wait until no agent holds the state directory.

    :returns: False when one still does after so many seconds.
    """
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        with contextlib.suppress(AlreadyRunning), only_one(state_dir):
            return True
        time.sleep(_LOOK_EVERY)
    return False
