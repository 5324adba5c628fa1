"""jupyter_server with TCP_NODELAY on every socket that it accepts. Run by the bench environment's python."""

import sys
from typing import Any

from jupyter_server.serverapp import main
from tornado.iostream import IOStream

_initialise, _set_nodelay = IOStream.__init__, IOStream.set_nodelay


def _on(self: IOStream, *_: object) -> None:
    """Tornado turns it off again after each HTTP request, the one that became a websocket too."""
    _set_nodelay(self, True)


def _without_delay(self: IOStream, *args: Any, **options: Any) -> None:
    _initialise(self, *args, **options)
    _on(self)


IOStream.__init__, IOStream.set_nodelay = _without_delay, _on  # type: ignore[method-assign,assignment]
sys.exit(main())
