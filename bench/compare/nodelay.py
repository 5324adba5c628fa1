"""jupyter_server with TCP_NODELAY on every socket that it accepts. Run by the bench environment's python."""

import socket
import sys

from jupyter_server.serverapp import main
from tornado.iostream import IOStream

_initialise = IOStream.__init__


def _without_delay(self, connection, *args, **kwargs):
    if connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _initialise(self, connection, *args, **kwargs)


IOStream.__init__ = _without_delay
sys.exit(main())
