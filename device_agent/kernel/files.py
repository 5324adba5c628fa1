"""Files at the top of the session's directory: what a reader adds, what code has made, what is read."""

import contextlib
import errno
import os
import stat
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

from device_agent.kernel.errors import FileError

LARGEST_FILE = 8_000_000
"""Bytes; what takes a file from or to a browser in one message must have room for a third more."""
MOST_ADDED = 200
"""Files that a reader may add in the life of a session."""
MOST_TOLD = 20
MOST_LOOKED_AT = 1_000
"""Entries of the directory; of what is beyond nobody is told."""
LONGEST_NAME = 100
# Control characters, what turns the direction of a text (Cf), halves of characters, private ones, line ends.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_Mark = tuple[int, int, int]


def check_name(name: object) -> str:
    """:raises FileError: it is not the plain name of a file that a browser may be shown."""
    if not isinstance(name, str) or not name or name != name.strip():
        raise FileError("name: must be the name of a file")
    if len(name) > LONGEST_NAME or len(os.fsencode(_encodable(name))) > 255:
        raise FileError(f"name: must have at most {LONGEST_NAME} characters")
    if name[0] in ".-" or "/" in name or "\\" in name:
        raise FileError("name: must be a name without folders that begins with neither a dot nor a dash")
    return name


def _encodable(name: str) -> str:
    if any(category(character) in _HIDDEN for character in name):
        raise FileError("name: has characters that cannot be seen")
    return name


class Files:
    """The directory is the one in which the kernel was when it had its first request."""

    def __init__(self) -> None:
        self._directory: str | None = None
        self._known: dict[str, _Mark] = {}
        self._added = 0

    def settle(self) -> None:
        """Before the first code runs: what is here already was not made by it."""
        if self._directory is None:
            self._directory = str(Path.cwd())
            self._known = dict(self._look())

    def changed(self) -> list[dict[str, Any]]:
        """What is new or different since the last time, at most 20, the newest first: name and size."""
        if self._directory is None:
            return []
        found = dict(self._look())
        changed = [(mark, name) for name, mark in found.items() if self._known.get(name) != mark]
        self._known = found
        return [{"name": name, "size": mark[1]} for mark, name in sorted(changed, reverse=True)[:MOST_TOLD]]

    def write(self, name: object, buffers: Sequence[Any]) -> dict[str, Any]:
        """Put a file of the reader here, whole or not at all.

        :raises FileError: the name will not do, it is too large or one too many, or there is no room.
        """
        self.settle()
        name = check_name(name)
        if len(buffers) != 1:
            raise FileError("buffers: must be one, the bytes of the file")
        data = memoryview(buffers[0])
        if data.nbytes > LARGEST_FILE:
            raise FileError(f"buffers: {data.nbytes} bytes are more than the {LARGEST_FILE} of a file")
        if self._added >= MOST_ADDED:
            raise FileError(
                f"name: {MOST_ADDED} files were added to this session, which is all that it takes"
            )
        with self._opened() as directory, _in_words(name):
            self._replace(name, data, directory)
            self._known[name] = _mark(os.stat(name, dir_fd=directory, follow_symlinks=False))
        self._added += 1
        return {"name": name, "size": data.nbytes}

    def read(self, name: object) -> tuple[dict[str, Any], list[bytes]]:
        """The name and size of a file, and its bytes.

        :raises FileError: there is no such file, or it is too large.
        """
        self.settle()
        name = check_name(name)
        with self._opened() as directory, _in_words(name):
            opened = os.open(name, os.O_RDONLY | _PLAIN, dir_fd=directory)
            with os.fdopen(opened, "rb", buffering=0) as file:
                if not stat.S_ISREG(os.fstat(opened).st_mode):
                    raise FileError(f"{name} is not a file")
                # It may grow while it is read.
                data = b"".join(_pieces(file, LARGEST_FILE + 1))
        if len(data) > LARGEST_FILE:
            raise FileError(f"{name} has more than the {LARGEST_FILE} bytes that can be downloaded")
        return {"name": name, "size": len(data)}, [data]

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        assert self._directory is not None  # noqa: S101
        try:
            directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise FileError(f"the session's directory is gone ({error.strerror})") from None
        try:
            yield directory
        finally:
            os.close(directory)

    @staticmethod
    def _replace(name: str, data: memoryview, directory: int) -> None:
        """Never through a link, nor in the place of what is no file."""
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
                raise FileError(f"{name} is there already, and is not a file")
        part = f".part-{uuid.uuid4().hex}"
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o644, dir_fd=directory)
        try:
            with os.fdopen(opened, "wb") as file:
                file.write(data)
            os.replace(part, name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(part, dir_fd=directory)
            raise

    def _look(self) -> Iterator[tuple[str, _Mark]]:
        """The files of the top level that a reader may be told of, as far as they are looked at."""
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:
            for _, entry in zip(range(MOST_LOOKED_AT), entries, strict=False):
                with contextlib.suppress(OSError, FileError):
                    if entry.is_file(follow_symlinks=False):
                        yield check_name(entry.name), _mark(entry.stat(follow_symlinks=False))


def _mark(status: os.stat_result) -> _Mark:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _pieces(file: Any, most: int) -> Iterator[bytes]:
    while most > 0 and (piece := file.read(min(most, 1_000_000))):
        most -= len(piece)
        yield piece


@contextlib.contextmanager
def _in_words(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise FileError(f"there is no file {name}, or not any more") from None
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise FileError(f"the session has no room left for {name}") from None
        raise FileError(f"{name} cannot be used: {error.strerror}") from None
