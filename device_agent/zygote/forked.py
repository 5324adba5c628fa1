"""The kernel, all but its sockets and threads made before the fork, whose time and memory are shared so.

Written for ipykernel 7: `adopt` does what IPythonKernel's and LongwireShell's constructors do with the
things that exist only after the fork (ipykernel/kernelapp.py, `init_kernel`; ipykernel/ipkernel.py).
"""

import os
import sys
from typing import Any

from device_agent.kernel import app

CHANNELS = ("shell", "iopub", "stdin", "control")
"""In the order of their descriptors; the port of a channel is its place here, from 1."""


def ports() -> dict[str, int]:
    """The part of Jupyter's connection info that says where a channel is: `<ip>-<port>` for ipc."""
    return {f"{channel}_port": number for number, channel in enumerate(CHANNELS, 1)} | {"hb_port": 5}


def prepared() -> Any:
    """An application with a kernel and a shell, but no thread and no socket; made once, before forks."""
    from IPython.core import debugger  # noqa: F401 the application imports it when it starts
    from IPython.core.application import BaseIPythonApplication

    from device_agent.kernel.kernel import LongwireKernel

    class Prepared(BaseIPythonApplication):
        """In the order of bases behind IPKernelApp, which calls its `initialize` first of all."""

        is_prepared = False

        def initialize(self, argv: Any = None) -> None:
            if not self.is_prepared:
                super().initialize(argv)  # type: ignore[no-untyped-call]
                self.is_prepared = True

    class AdoptedKernel(LongwireKernel):
        """One that exists already when the application wants to make it."""

        @classmethod
        def instance(cls, *args: Any, **given: Any) -> Any:
            kernel = super().instance(*args, **given)
            return adopt(kernel, given)

    class ForkedApp(app.application_class(), Prepared):  # type: ignore[misc]
        """No heartbeat (the agent watches the process), no connection file, no parent to poll."""

        descriptors: tuple[int, ...] = ()

        def _try_bind_socket(self, zmq_socket: Any, port: int) -> int:
            zmq_socket.use_fd = self.descriptors[port - 1]
            zmq_socket.bind(f"ipc://{self.ip}-{port}")
            return port

        def init_connection_file(self) -> None: ...

        def init_heartbeat(self) -> None: ...

        def init_poller(self) -> None: ...

        def write_connection_file(self, **kwargs: Any) -> None: ...

        def log_connection_info(self) -> None: ...

    application = app.make_app(ForkedApp)
    application.kernel_class = AdoptedKernel
    Prepared.initialize(application, [])
    application.kernel = kernel = AdoptedKernel.instance(
        parent=application, session=application.session, profile_dir=application.profile_dir
    )
    if "matplotlib.pyplot" in sys.modules:
        # matplotlib reads MPLBACKEND when it is imported, which is over.
        kernel.shell.enable_matplotlib("inline")
    return application


def adopt(kernel: Any, given: dict[str, Any]) -> Any:
    """Give a kernel the streams, sockets and threads that its constructor would have been given."""
    for name, value in given.items():
        if name != "user_ns":
            setattr(kernel, name, value)
    if kernel.iopub_socket is None:
        return kernel
    kernel._stdout, kernel._stderr = sys.stdout, sys.stderr
    kernel.shell.displayhook.pub_socket = kernel.iopub_socket
    kernel.shell.display_pub.pub_socket = kernel.iopub_socket
    kernel.shell.hear_of_parents()
    return kernel


def start_listening(application: Any, ip: str, key: str, descriptors: list[int]) -> None:
    """In the fork: a kernel that listens at these sockets, without having started its loop.

    :param ip: what jupyter_client calls so for ipc: the start of the sockets' paths, by which the kernel
        only names them; it need not see them.
    :param key: of the session's HMAC.
    """
    session = application.session
    # A session refuses to send from another process than it was made in, and names its messages by itself.
    session.pid = os.getpid()
    session.session = os.urandom(16).hex()
    session.key = key.encode()
    application.transport, application.ip = "ipc", ip
    application.descriptors = tuple(descriptors)
    for name, port in ports().items():
        setattr(application, name, port)
    application.initialize([])
