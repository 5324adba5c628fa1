"""Ends a child process when the process that started it is gone, however that one died."""

import os
import sys
import threading
from collections.abc import Callable

GRACE_SECONDS = 8.0


def watch_parent(on_gone: Callable[[], None]) -> None:
    """Call `on_gone` from a thread once standard input is at its end: the parent closed it or was killed.

    If the process still runs GRACE_SECONDS later it is ended hard, so that nothing can be left behind.
    """

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            continue
        timer = threading.Timer(GRACE_SECONDS, os._exit, args=(1,))
        timer.daemon = True
        timer.start()
        on_gone()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
