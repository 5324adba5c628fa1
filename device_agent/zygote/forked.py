"""The kernel's application in a forked process: its sockets are given to it, it reads and writes no files."""

from typing import Any

from device_agent.kernel import app

CHANNELS = ("shell", "iopub", "stdin", "control")
"""In the order of their descriptors; the port of a channel is its place here, from 1."""


def ports() -> dict[str, int]:
    """The part of Jupyter's connection info that says where a channel is: `<ip>-<port>` for ipc."""
    return {f"{channel}_port": number for number, channel in enumerate(CHANNELS, 1)} | {"hb_port": 5}


def make_app(ip: str, key: str, descriptors: list[int]) -> Any:
    """An IPKernelApp, not yet initialized, that listens at these sockets.

    :param ip: what jupyter_client calls so for ipc: the start of the sockets' paths, by which the kernel
        only names them; it need not see them.
    :param key: of the session's HMAC.
    """

    class ForkedApp(app.application_class()):  # type: ignore[misc]
        """No heartbeat (the agent watches the process), no connection file, no parent to poll."""

        def _try_bind_socket(self, zmq_socket: Any, port: int) -> int:
            zmq_socket.use_fd = descriptors[port - 1]
            zmq_socket.bind(f"ipc://{ip}-{port}")
            return port

        def init_connection_file(self) -> None:
            self.transport, self.ip = "ipc", ip
            for name, port in ports().items():
                setattr(self, name, port)
            self.session.key = key.encode()

        def init_heartbeat(self) -> None: ...

        def init_poller(self) -> None: ...

        def write_connection_file(self, **kwargs: Any) -> None: ...

        def log_connection_info(self) -> None: ...

    return app.make_app(ForkedApp)
