"""What a sandbox shows of the host: programs and libraries, read-only, and nothing else (bwrap(1))."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The device_agent package, of which a sandbox sees the source."""
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/session",
    "USER": "reader",
    "TMPDIR": "/tmp",  # noqa: S108 a file system of the session's own
    "IPYTHONDIR": "/session/.ipython",
    "MPLCONFIGDIR": "/session/.config/matplotlib",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # A pool of threads that is made before a fork is lost by it.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Nothing in the sandbox can be written there, and to try costs time.
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""All that a session's environment has: nothing of the agent's own gets there by itself."""
_MADE = ("/etc", "/etc/ssl", "/run/session", "/session", "/tmp")  # noqa: S108 in the sandbox
_USR_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = (
    "alternatives", "ca-certificates", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
    "mime.types", "ssl/certs",
)  # fmt: skip
_USERS = "reader:x:1000:1000::/session:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n"
_HOSTS = "127.0.0.1 localhost longwire\n"


def bubblewrap() -> str | None:
    """The path of the bwrap program, None where it is not installed."""
    return shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin")


def python_places(prefixes: Iterable[str] = (sys.prefix, sys.base_prefix)) -> tuple[Path, ...]:
    """Directories without which this Python, its packages and the interact library do not run."""
    wanted = {Path(place).resolve() for place in prefixes} | {ROOT}
    # A virtual environment names its base by a path that may lead through links.
    wanted |= {Path(place) for place in prefixes}
    return tuple(sorted(place for place in wanted if not place.is_relative_to("/usr")))


def view(places: Iterable[Path], descriptors: dict[str, int]) -> list[str]:
    """bwrap's arguments for the files that a sandbox sees.

    :param places: directories of the host that it sees at their own paths, read-only.
    :param descriptors: files that are made of what can be read there, by path; see `made_files`.
    """
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in _USR_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), str(path)]
    arguments += _directories([*_MADE, *map(str, places)])
    for name in _ETC:
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for path_name, descriptor in descriptors.items():
        arguments += ["--perms", "0644", "--ro-bind-data", str(descriptor), path_name]
    for place in places:
        arguments += ["--ro-bind", str(place), str(place)]
    return arguments


def _directories(paths: Iterable[str]) -> list[str]:
    """Parents that bwrap made itself could be entered by root only."""
    wanted = {parent for path in paths for parent in (Path(path), *Path(path).parents) if str(parent) != "/"}
    return [word for path in sorted(wanted) for word in ("--perms", "0755", "--dir", str(path))]


def made_files() -> dict[str, int]:
    """Small files of /etc that hold nothing of the host's; each an open descriptor, to be inherited."""
    contents = {"/etc/passwd": _USERS, "/etc/group": "reader:x:1000:\n", "/etc/hosts": _HOSTS}
    return {path: _readable(text) for path, text in contents.items()}


def _readable(text: str) -> int:
    descriptor = os.memfd_create("etc")
    os.write(descriptor, text.encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
