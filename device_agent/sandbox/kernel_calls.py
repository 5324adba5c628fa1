"""The Linux calls that Python 3.11 has no names for: namespaces, mounts, capabilities, filters.

Each raises OSError with what it was about. All work on the calling thread or process.
"""

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x8, 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_NAME = 24, 38, 15
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave namespaces; with CLONE_NEWPID the next child is the first process of a new one."""
    _checked(_libc.unshare(flags), f"unshare {flags:#x}")


def enter_namespace(descriptor: int, kind: int) -> None:
    _checked(_libc.setns(descriptor, kind), f"setns {kind:#x}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    arguments = source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    _checked(_libc.mount(*arguments), f"mount {kind or source} at {target}")


def unmount(target: str) -> None:
    """Take a mount off the tree; what is still open in it stays usable."""
    _checked(_libc.umount2(target.encode(), _MNT_DETACH), f"unmount {target}")


def loopback_up() -> None:
    """Switch on `lo` of the network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def _prctl(option: int, value: int, what: str) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), what)


def die_with_parent(signal_number: int) -> None:
    """Get the signal when the thread that made this process ends."""
    _prctl(_PR_SET_PDEATHSIG, signal_number, "PDEATHSIG")


def be_dumpable() -> None:
    """After a change of uid /proc/self would belong to root otherwise."""
    _prctl(_PR_SET_DUMPABLE, 1, "DUMPABLE")


def no_new_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "NO_NEW_PRIVS")


def name_process(name: str) -> None:
    _libc.prctl(_PR_SET_NAME, name.encode()[:15] + b"\0", 0, 0, 0)


def drop_capabilities() -> None:
    """All of them, for this process and whatever it executes."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break  # the kernel has no more
    header = struct.pack("II", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def filter_system_calls(program: bytes) -> None:
    """Apply a BPF program (8 bytes an instruction) to this thread and whatever it starts."""
    wrapped = _Program(len(program) // 8, program)
    result = _libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(wrapped), 0, 0)
    _checked(result, "seccomp")
