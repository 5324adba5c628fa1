"""Where a stop may strike: in the user's code, and never between two messages of the library.

A stop often comes at the very moment when a run ends by itself. Raised then, it would take away
the end of the output or the reply, for which the browser would wait for ever.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Signals reach the main thread only, so plain variables will do.
_open = True
_pending = False


def install() -> None:
    """To be called in the main thread when a request begins."""
    global _open, _pending
    _open, _pending = True, False
    signal.signal(signal.SIGINT, _strike)


def _strike(signum: int, frame: FrameType | None) -> None:
    global _pending
    if _open:
        raise KeyboardInterrupt
    _pending = True


@contextmanager
def library_code() -> Iterator[None]:
    """A stop waits until the user's code goes on."""
    with _switched(False):
        yield


@contextmanager
def user_code() -> Iterator[None]:
    """A stop strikes at once, also one that has waited."""
    with _switched(True):
        yield


@contextmanager
def _switched(to: bool) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _open
    _set(to)
    try:
        yield
    finally:
        _set(before)


def _set(to: bool) -> None:
    global _open, _pending
    _open = to
    if _open and _pending:
        _pending = False
        raise KeyboardInterrupt


def forget_stop() -> None:
    """What was to be stopped has ended by itself."""
    global _pending
    _pending = False
