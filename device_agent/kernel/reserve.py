"""Memory that is kept back, so that a cell which has used up all of it can still say so."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SIZE = 16 * 2**20
"""Bytes. IPython needs some 8 MB to read the code around an error and to colour it."""


class Reserve:
    """Counted by RLIMIT_DATA, but in no page of memory, as nothing is ever written there."""

    def __init__(self) -> None:
        self._kept: mmap.mmap | None = None
        self._keep()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Inside there is that much memory more."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        try:
            yield
        finally:
            self._keep()

    def _keep(self) -> None:
        # Where even that is not left, the next error may be lucky.
        with suppress(OSError, MemoryError):
            self._kept = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
