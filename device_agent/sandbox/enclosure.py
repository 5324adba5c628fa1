"""Encloses the calling process for one session: its own namespaces, files, uid and limits, no privileges.

Runs in a child of the zygote, inside the bubblewrap that `system.py` describes, with all capabilities of
that bubblewrap's user namespace. Afterwards it has none. The steps and their order: bubblewrap's README,
user_namespaces(7), pid_namespaces(7).
"""

import contextlib
import os
import resource
import socket
from dataclasses import dataclass
from pathlib import Path

from device_agent.sandbox import kernel_calls as linux
from device_agent.sandbox.limits import Limits

USER = 1000
"""The uid and gid that a session sees as its own."""
WORK = "/session"
PROXY_PORT = 3128
TMP = "/tmp"  # noqa: S108 a file system of the session's own
KERNEL = "/run/session"
"""Where a kernel that is not forked from the zygote's own puts its sockets."""
_MB = 2**20
_MAX_FILES_IN_WORK = 20_000
_OUT_OF_MEMORY_FIRST = "800"
_NICE = 5
_TCP_BUFFER = "4096 65536 262144"
"""Bytes at least, at first and at most (tcp(7)); what all connections of a host may have is one sum."""


@dataclass(frozen=True)
class Enclosure:
    """What one session is given. `uid`: the host's, None to keep the zygote's; `proxy`: whether it may ask
    for connections at 127.0.0.1:3128 in its own network namespace; `places`: what has to be seen of /tmp.
    """

    limits: Limits
    uid: int | None
    proxy: bool
    places: tuple[str, ...] = ()


def enclose(wanted: Enclosure, filters: tuple[bytes, ...]) -> socket.socket | None:
    """Enclose this process, which must be in a pid namespace of its own already and have one thread.

    :returns: the socket at which the session's connections arrive, if it may have any.
    :raises OSError: a step is not possible here; the process must then end.
    """
    os.setsid()
    Path("/proc/self/oom_score_adj").write_text(_OUT_OF_MEMORY_FIRST)
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS | linux.CLONE_NEWNET)
    socket.sethostname("longwire")
    linux.loopback_up()
    _bound_connections()
    listener = socket.create_server(("127.0.0.1", PROXY_PORT), backlog=16) if wanted.proxy else None
    owner = os.geteuid() if wanted.uid is None else wanted.uid
    _mount(wanted.limits.work_mb, owner, wanted.places)
    _become(owner, wanted.uid is not None)
    limit(wanted.limits)
    linux.drop_capabilities()
    linux.no_new_privileges()
    for program in filters:
        linux.filter_system_calls(program)
    os.chdir(WORK)
    return listener


def _bound_connections() -> None:
    """Of the own network namespace; where the kernel is too old for that, the sum bounds it."""
    for name in ("tcp_rmem", "tcp_wmem"):
        with contextlib.suppress(OSError):
            Path("/proc/sys/net/ipv4", name).write_text(_TCP_BUFFER)


def _mount(work_mb: int, owner: int, places: tuple[str, ...]) -> None:
    """Files of its own, all in one file system of bounded size; a /proc that shows its own processes only."""
    linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    safe = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("proc", "/proc", "proc", safe | linux.MS_NOEXEC, "subset=pid")
    linux.mount(
        "devpts", "/dev/pts", "devpts", linux.MS_NOSUID | linux.MS_NOEXEC, "newinstance,ptmxmode=0666"
    )
    size = f"size={work_mb * _MB},nr_inodes={_MAX_FILES_IN_WORK},mode=0755"
    linux.mount("tmpfs", KERNEL, "tmpfs", safe, size)
    covered = {place: os.open(place, os.O_PATH) for place in places}
    targets = {"work": WORK, "tmp": TMP, "shm": "/dev/shm", "kernel": KERNEL}  # noqa: S108
    for name, target in targets.items():
        directory = Path(KERNEL, name)
        directory.mkdir(mode=0o700)
        os.chown(directory, owner, owner)
        linux.mount(str(directory), target, flags=linux.MS_BIND)
    for place, descriptor in covered.items():
        Path(place).mkdir(parents=True)
        linux.mount(f"/proc/self/fd/{descriptor}", place, flags=linux.MS_BIND)
        os.close(descriptor)


def _become(owner: int, is_root: bool) -> None:
    """Take the session's uid, in a user namespace in which that is the only one."""
    if is_root:
        os.setgroups([])
        os.setresgid(owner, owner, owner)
        os.setresuid(owner, owner, owner)
        linux.be_dumpable()
    linux.unshare(linux.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{USER} {owner} 1")
    Path("/proc/self/uid_map").write_text(f"{USER} {owner} 1")


def limit(limits: Limits) -> None:
    """Limits that the kernel keeps for every process by itself (getrlimit(2)).

    Address space is not limited: threads and numerical libraries reserve far more of it than they use.
    Open files are, by `limit_files`.
    """
    sizes = {
        resource.RLIMIT_DATA: limits.memory_mb * _MB,
        resource.RLIMIT_FSIZE: limits.work_mb * _MB,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 64 * 1024,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, most in sizes.items():
        resource.setrlimit(kind, (most, most))
    # SIGXCPU first, so that the reason of the end can be told; SIGKILL for who ignores it.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    os.nice(_NICE)


def limit_files(limits: Limits) -> None:
    """After the last descriptor was sent, before any of the session's own code runs.

    The kernel refuses to send descriptors to a process that may have fewer files than all processes of its
    uid have descriptors on the way (unix(7), ETOOMANYREFS), and other sessions may share this one's uid.
    """
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))


def may_open_many() -> None:
    """As many files as the host lets this process have, not as few as it has by default."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
