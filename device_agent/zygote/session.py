"""What a forked child does: encloses itself, leaves an init behind, and becomes a kernel."""

import contextlib
import json
import os
import random
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from device_agent.kernel import app
from device_agent.sandbox import kernel_calls as linux
from device_agent.sandbox.enclosure import Enclosure, enclose, limit_files
from device_agent.sandbox.limits import Limits
from device_agent.zygote import forked, wire

_SIGNALLED = 128


def run(
    session: socket.socket,
    application: Any,
    uid: int | None,
    filters: tuple[bytes, ...] | None,
    cgroups: Iterable[int],
) -> NoReturn:
    """Serve one session and end with the kernel's status (128 + number where a signal ended it).

    :param application: what `forked.prepared` has made.
    :param filters: of system calls; None where the session is not to be enclosed.
    :param cgroups: descriptors of files that this process enters a group by.
    """
    try:
        for cgroup in cgroups:
            os.write(cgroup, b"0")
        if filters is not None:
            kernel = os.fork()
            if kernel:
                _be_init(kernel)
        request, descriptors = wire.receive(session)
        _close_all_but({session.fileno(), *descriptors})
        listener = limits = None
        if filters is not None:
            limits = Limits(**request["limits"])
            listener = enclose(Enclosure(limits, uid, request["proxy"], tuple(request["places"])), filters)
        else:
            # Only as strict as a host owner who asked for no sandbox by name expects.
            linux.die_with_parent(signal.SIGKILL)
            os.setsid()
            os.chdir(request["directory"])
        os.environ.clear()
        os.environ.update(request["environment"])
        opened = [os.pidfd_open(os.getpid())] + ([listener.detach()] if listener else [])
        if request["argv"]:
            _execute(session, request, opened, descriptors, limits)
        _become_kernel(application, session, request, descriptors, opened, limits)
    except BaseException as error:
        with contextlib.suppress(OSError):
            wire.send(session, {"error": f"{type(error).__name__}: {error}"})
        os._exit(1)


def status_of(wait_status: int) -> int:
    code = os.waitstatus_to_exitcode(wait_status)
    return code if code >= 0 else _SIGNALLED - code


def _be_init(kernel: int) -> NoReturn:
    """Bury who has lost its parent; when the kernel ends, end, and with it all that it has started.

    It does as little as it can, since each page of memory that it touches is a page more.
    """
    _close_all_but(set())
    linux.drop_capabilities()
    linux.no_new_privileges()
    linux.name_process("longwire-init")
    while True:
        pid, status = os.wait()
        if pid == kernel:
            os._exit(status_of(status))


def _close_all_but(kept: set[int]) -> None:
    """What the zygote has open is not the session's business; standard streams lead nowhere."""
    for descriptor in sorted({int(path.name) for path in Path("/proc/self/fd").iterdir()} - kept - {0, 1, 2}):
        with contextlib.suppress(OSError):
            os.close(descriptor)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _become_kernel(
    application: Any,
    session: socket.socket,
    request: wire.Body,
    sockets: list[int],
    opened: list[int],
    limits: Limits | None,
) -> NoReturn:
    linux.name_process("longwire-kernel")
    _forget_the_zygote()
    forked.start_listening(application, request["ip"], request["key"], sockets)
    _say_ready(session, opened, limits)
    session.close()
    for descriptor in opened:
        os.close(descriptor)
    application.start()
    sys.exit(0)


def _say_ready(session: socket.socket, opened: list[int], limits: Limits | None) -> None:
    wire.send(session, {"ready": True}, opened)
    if limits:
        limit_files(limits)


def _execute(
    session: socket.socket, request: wire.Body, opened: list[int], output: list[int], limits: Limits | None
) -> NoReturn:
    """Another environment's or language's kernel: it makes its sockets itself, where its file says.

    :param output: a descriptor for its standard output, if that is to lead anywhere.
    """
    for descriptor in output:
        os.dup2(descriptor, 1)
    file = Path(request["ip"]).parent / "connection.json"
    file.write_text(json.dumps(request["connection"]))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _say_ready(session, opened, limits)
    argv = [word.replace("{connection_file}", str(file)) for word in request["argv"]]
    os.execvp(argv[0], argv)  # noqa: S606 not through a shell; every other descriptor closes by itself


def _forget_the_zygote() -> None:
    """What children of one process would have in common, but sessions must not."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def preload(modules: Iterable[str]) -> list[str]:
    """Import what kernels shall have imported, before any of them is forked.

    :returns: those that could not be, which is no reason not to serve.
    """
    import importlib

    app.application_class()
    # IPython does it at the first error, for which a session without memory has no room left.
    importlib.import_module("stack_data")
    failed = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:
            failed.append(name)
    if "matplotlib" in sys.modules:
        _warm_matplotlib()
    return failed


def _warm_matplotlib() -> None:
    """Read the fonts. pyplot would keep a figure, which every session would then inherit."""
    import io

    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().set_title("a")
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
