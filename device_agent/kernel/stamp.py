"""The stamp: which run of which interact caused a message; carried with its parent, put on it when sent."""

import concurrent.futures
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import wraps
from typing import Any, NamedTuple

KEY = "interact"


class Stamp(NamedTuple):
    """Hashable, because ipykernel keeps one text buffer per set of header items."""

    function_name: str
    state: int


def stamp_messages(session: Any) -> None:
    """Make a session move the stamp out of the parent header, so that the wire stays plain Jupyter.

    ipykernel makes messages in a dozen places, all of which send through here with the parent
    that was current where the output arose. No other place sees all of them.
    """
    plain_send = session.send

    @wraps(plain_send)
    def send(
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> Any:
        message = msg_or_type
        if not isinstance(message, dict):
            message = session.msg(
                msg_or_type, content=content, parent=parent, header=header, metadata=metadata
            )
        return plain_send(stream, _stamped(message), ident=ident, buffers=buffers, track=track)

    session.send = send


def _stamped(message: dict[str, Any]) -> dict[str, Any]:
    # A client may send a header with this key too; only our own type counts.
    stamp = message["parent_header"].get(KEY)
    if not isinstance(stamp, Stamp):
        return message
    # The header is shared with every other message of the run, so it is copied, never changed.
    parent = {key: value for key, value in message["parent_header"].items() if key != KEY}
    return {
        **message,
        "parent_header": parent,
        "metadata": {**message["metadata"], KEY: stamp._asdict()},
    }


@contextmanager
def stamped(kernel: Any, stamp: Stamp) -> Iterator[None]:
    """Everything that is put out inside bears the stamp; afterwards all is as before."""
    ident, parent = kernel._parent_ident["shell"], kernel.get_parent("shell")
    header = {**parent.get("header", {}), KEY: stamp}
    try:
        kernel.set_parent(ident, {**parent, "header": header})
        yield
    finally:
        flush_streams(kernel)
        kernel.set_parent(ident, parent)


def flush_streams(kernel: Any) -> None:
    """Text waits in a buffer while other messages do not; without this they would overtake it."""
    for stream in (kernel._stdout, kernel._stderr):
        if stream is not None:
            stream.flush()


def keep_parent_in_threads() -> None:
    """Let a thread, and a task in a pool, keep the parent of whoever started it.

    A new thread starts with an empty context, in which ipykernel falls back to the parent that
    was set last by anybody: late output of one run would bear the stamp of another.
    """
    plain_start, plain_submit = threading.Thread.start, concurrent.futures.ThreadPoolExecutor.submit

    @wraps(plain_start)
    def start(thread: threading.Thread) -> None:
        context, run = copy_context(), thread.run

        def run_in_context() -> None:
            vars(thread).pop("run", None)
            context.run(_run_reporting, thread, run)

        thread.run = run_in_context  # type: ignore[method-assign]
        plain_start(thread)

    def submit(pool: Any, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return plain_submit(pool, copy_context().run, task, *args, **kwargs)

    threading.Thread.start = start  # type: ignore[assignment, method-assign]
    concurrent.futures.ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]


def _run_reporting(thread: threading.Thread, run: Callable[[], None]) -> None:
    try:
        run()
    except BaseException:
        # Python would report this outside of the context, and so under a foreign stamp.
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), thread)))
