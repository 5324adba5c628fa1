"""stdout and stderr of a kernel: sent soon, in parts of bounded size, and never ahead of what can be sent."""

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

from ipykernel.iostream import OutStream

from device_agent.kernel.sending import let_in_turn, wait_until_sent

LARGEST_PART = 32_768
"""Characters. One print of 50 MB would otherwise be one message, which no later hop could carry."""
MOST_WAITING = 8 * LARGEST_PART
"""Characters that wait to be sent; who writes more has to wait, too, or a loop would fill the memory."""


class TextStream(OutStream):
    """ipykernel's stream with bounds that it lacks: on a message, on what waits, on an idle flush's cost."""

    # ipykernel waits 0.2 s; a reader who drags a slider sees that.
    flush_interval = 0.05
    _waiting = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        self._one_step = threading.Lock()
        self._taken: Any = {}
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]

    def write(self, string: str) -> int:
        if isinstance(string, str) and len(string) > LARGEST_PART:
            return sum(self.write(part) for part in _parts(string))
        super().write(string)
        self._waiting += len(string)
        if self._waiting > MOST_WAITING:
            self.flush()
        return len(string)

    def flush(self) -> None:
        """Send what is written up to now, and wait until it is sent.

        Without text there is nothing to wait for: what is queued already keeps its place, and every update of
        an interact makes eight flushes.
        """
        thread = self.pub_thread
        if self._hand_over() and threading.current_thread() is not thread.thread:
            wait_until_sent(thread)

    def _flush(self) -> None:
        self._hand_over()

    def _hand_over(self) -> bool:
        """Queue what is written up to now behind all that the sending thread was given before.

        To take it and to queue it is one step: who finds the buffer empty may queue what comes after it.

        :returns: whether there was anything.
        """
        with self._one_step:
            self._flush_pending = False
            taken = self._rotate_buffers()
            if taken:
                let_in_turn(self.pub_thread, partial(self._send, taken))
            return bool(taken)

    def _send(self, taken: Any) -> None:
        self._taken = taken
        super()._flush()  # type: ignore[no-untyped-call]

    def _rotate_buffers(self) -> Any:
        self._waiting = 0
        return super()._rotate_buffers()  # type: ignore[no-untyped-call]

    def _flush_buffers(self) -> Iterator[tuple[dict[str, Any], str]]:
        taken, self._taken = self._taken, {}
        for parent, buffer in taken.items():
            text = buffer.getvalue()
            buffer.close()
            for part in _parts(text):
                yield dict(parent), part


def _parts(text: str) -> Iterator[str]:
    for start in range(0, len(text), LARGEST_PART):
        yield text[start : start + LARGEST_PART]
