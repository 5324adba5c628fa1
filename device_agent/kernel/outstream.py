"""stdout and stderr of a kernel: sent soon, in parts of bounded size, and flushed only when there is text."""

from collections.abc import Iterator
from typing import Any

from ipykernel.iostream import OutStream

# In characters. One print of 50 MB would otherwise be one message, which no later hop could carry.
LARGEST_PART = 32_768


class TextStream(OutStream):
    """ipykernel's stream with two bounds that it lacks: on a message's size and on an idle flush's cost."""

    # ipykernel waits 0.2 s; a reader who drags a slider sees that.
    flush_interval = 0.05

    def flush(self) -> None:
        # A flush waits for the sending thread, and every update makes eight. Without text there is
        # nothing to wait for: what is being sent already keeps its place in that thread's queue.
        with self._buffer_lock:
            empty = not self._buffers
        if not empty:
            super().flush()  # type: ignore[no-untyped-call]

    def _flush_buffers(self) -> Iterator[tuple[dict[str, Any], str]]:
        for parent, text in super()._flush_buffers():  # type: ignore[no-untyped-call]
            for start in range(0, len(text), LARGEST_PART):
                yield parent, text[start : start + LARGEST_PART]
