"""`python -m device_agent.zygote`: the fork server itself. Started by the agent only, in a bubblewrap."""

import argparse
import gc
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from device_agent.sandbox import kernel_calls as linux
from device_agent.sandbox import syscalls
from device_agent.sandbox.enclosure import may_open_many
from device_agent.zygote import forked, session, wire


class Zygote:
    """Forks when it is asked to, and tells when a child has ended. One thread, no event loop, no zmq."""

    def __init__(self, control: socket.socket, application: Any, enclosed: bool) -> None:
        self._control = control
        self._application = application
        self._filters = syscalls.compiled() if enclosed else None
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._children: dict[int, tuple[int, int]] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Until the agent has gone."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._control.fileno():
                    self._bury(descriptor)
                    continue
                try:
                    request, descriptors = wire.receive(self._control)
                except EOFError:
                    return
                self._fork(request, descriptors)

    def _fork(self, request: wire.Body, descriptors: list[int]) -> None:
        number = request["fork"]
        try:
            process = self._told(number, self._child(request, descriptors))
        except OSError as error:
            wire.send(self._control, {"exited": number, "status": 1, "error": str(error)})
            return
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._poll.register(process, select.POLLIN)

    def _told(self, number: int, pid: int) -> int:
        """Tell the agent of a child, which has to end if that cannot be done.

        :returns: the child's pidfd.
        """
        process = -1
        try:
            process = os.pidfd_open(pid)
            wire.send(self._control, {"forked": number}, [process])
        except OSError:
            if process >= 0:
                os.close(process)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        self._children[process] = (number, pid)
        return process

    def _child(self, request: wire.Body, descriptors: list[int]) -> int:
        if self._filters is not None:
            linux.unshare(linux.CLONE_NEWPID)
        try:
            pid = os.fork()
        finally:
            if self._filters is not None and os.getpid() != 1:
                linux.enter_namespace(self._own_pids, linux.CLONE_NEWPID)
        if pid == 0:
            try:
                asking, *cgroups = descriptors
                session.run(
                    socket.socket(fileno=asking), self._application, request["uid"], self._filters, cgroups
                )
            finally:
                os._exit(1)  # it must never go on as a second zygote
        return pid

    def _bury(self, process: int) -> None:
        number, pid = self._children.pop(process)
        self._poll.unregister(process)
        os.close(process)
        _, status = os.waitpid(pid, 0)
        wire.send(self._control, {"exited": number, "status": session.status_of(status)})


def main() -> None:
    parser = argparse.ArgumentParser(prog="longwire-zygote")
    parser.add_argument("--control", type=int, required=True, help="descriptor of the agent's socket")
    parser.add_argument("--enclosed", action="store_true")
    parser.add_argument("--preload", nargs="*", default=[])
    options = parser.parse_args()
    # Ctrl-C in a terminal is the agent's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not options.enclosed:
        linux.die_with_parent(signal.SIGKILL)
    may_open_many()
    failed = session.preload(options.preload)
    control = socket.socket(fileno=options.control)
    zygote = Zygote(control, forked.prepared(), options.enclosed)
    gc.collect()
    # What is never looked at by the collector is never written to, and so stays shared.
    gc.freeze()
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        sys.exit(f"{threads} threads after the preload: a fork would lose all but one")
    wire.send(control, {"ready": True, "failed": failed})
    zygote.serve()


if __name__ == "__main__":
    main()
