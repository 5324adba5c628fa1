"""stdout and stderr of a kernel: sent soon, in parts of bounded size, and never ahead of what can be sent."""

import threading
from collections.abc import Iterator
from typing import Any

from ipykernel.iostream import OutStream

from device_agent.kernel.sending import in_turn, let_in_turn

LARGEST_PART = 32_768
"""Characters. One print of 50 MB would otherwise be one message, which no later hop could carry."""
MOST_WAITING = 8 * LARGEST_PART
"""Characters that wait to be sent; who writes more has to wait, too, or a loop would fill the memory."""


class TextStream(OutStream):
    """ipykernel's stream with bounds that it lacks: on a message, on what waits, on an idle flush's cost."""

    # ipykernel waits 0.2 s; a reader who drags a slider sees that.
    flush_interval = 0.05
    _waiting = 0

    def write(self, string: str) -> int:
        if isinstance(string, str) and len(string) > LARGEST_PART:
            return sum(self.write(part) for part in _parts(string))
        super().write(string)
        self._waiting += len(string)
        if self._waiting > MOST_WAITING:
            self.flush()
        return len(string)

    def flush(self) -> None:
        # A flush waits for the sending thread, and every update makes eight. Without text there is
        # nothing to wait for: what is being sent already keeps its place in that thread's queue.
        with self._buffer_lock:
            empty = not self._buffers
        thread = self.pub_thread
        if empty or thread is None:
            return
        if threading.current_thread() is thread.thread or not thread.thread.is_alive():
            super().flush()  # type: ignore[no-untyped-call]
        else:
            # Once it has returned, the text is on its way even if the kernel dies now.
            in_turn(thread, self._flush)

    def _flush(self) -> None:
        thread = self.pub_thread
        sends_at_once = getattr(thread, "longwire_sends_at_once", False)
        if thread is None or sends_at_once or not thread.thread.is_alive():
            super()._flush()  # type: ignore[no-untyped-call]
        else:
            # What is taken out of the buffer has to leave before what is written meanwhile, and a flush by
            # somebody else may be in the thread's queue already: so it is taken when its turn has come.
            let_in_turn(thread, self._flush)

    def _rotate_buffers(self) -> Any:
        self._waiting = 0
        return super()._rotate_buffers()  # type: ignore[no-untyped-call]

    def _flush_buffers(self) -> Iterator[tuple[dict[str, Any], str]]:
        for parent, text in super()._flush_buffers():  # type: ignore[no-untyped-call]
            for part in _parts(text):
                yield parent, part


def _parts(text: str) -> Iterator[str]:
    for start in range(0, len(text), LARGEST_PART):
        yield text[start : start + LARGEST_PART]
