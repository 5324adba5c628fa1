"""Bounds on what a kernel sends: on one message, whose reader is told, and on what waits to be sent."""

import threading
from collections.abc import Callable
from typing import Any

LARGEST = 12_000_000
"""Bytes of one message. The agent ends a session whose kernel sends a much larger one."""
MOST_WAITING = 1_000_000
"""Bytes that wait for the sending thread; who sends more has to wait: a loop would fill the memory."""
_ENVELOPE = 8 * 1024
"""Bytes of text that take as long to receive as a message without any."""
_PATIENCE = 10.0
_SHOWN = frozenset({"display_data", "update_display_data", "execute_result"})


def bound_messages(session: Any) -> None:
    """Make a session send words in the place of a message that is too large."""
    plain_serialize, plain_send = session.serialize, session.send

    def serialize(message: dict[str, Any], ident: Any = None) -> Any:
        parts = plain_serialize(message, ident)
        size = sum(map(len, parts))
        return parts if size <= LARGEST else plain_serialize(_words_for(message, size), ident)

    def send(stream: Any, message: dict[str, Any], *, buffers: Any = None, **options: Any) -> Any:
        buffers = buffers or message.get("buffers") or []
        size = sum(memoryview(buffer).nbytes for buffer in buffers)
        if size > LARGEST:
            message, buffers = {**_words_for(message, size), "buffers": []}, []
        return plain_send(stream, message, buffers=buffers, **options)

    session.serialize, session.send = serialize, send


def bound_queue(thread: Any) -> None:
    """Make who gives an IOPubThread much to send wait until it is sent; a stop strikes meanwhile."""
    plain_send = thread.send_multipart
    thread.longwire_sends_at_once = False
    waiting = 0

    def send_multipart(parts: list[Any], *args: Any, **options: Any) -> None:
        nonlocal waiting
        is_own = threading.current_thread() is thread.thread
        if is_own and thread.longwire_sends_at_once:
            thread._really_send(parts, *args, **options)
            return
        plain_send(parts, *args, **options)
        # Not exact when several threads send at once, and need not be.
        waiting += _ENVELOPE + sum(map(len, parts))
        if waiting > MOST_WAITING and not is_own:
            waiting = 0
            wait_until_sent(thread)

    thread.send_multipart = send_multipart


def wait_until_sent(thread: Any) -> None:
    """Wait until an IOPubThread has sent all that it was given."""
    is_sent = threading.Event()
    thread.schedule(is_sent.set)
    is_sent.wait(_PATIENCE)


def let_in_turn(thread: Any, work: Callable[[], None]) -> None:
    """Let an IOPubThread do something when all that it was given before is sent.

    What it sends meanwhile is sent at once, and not given to it again as another message.
    """

    def do() -> None:
        thread.longwire_sends_at_once = True
        try:
            work()
        finally:
            thread.longwire_sends_at_once = False

    thread.schedule(do)


def _words_for(message: dict[str, Any], size: int) -> dict[str, Any]:
    """A message in the place of one that has so many bytes."""
    words = f"… {size / 1e6:.1f} MB left out: a message can have {LARGEST / 1e6:.0f} MB …"
    msg_type, content = message["header"]["msg_type"], message["content"]
    if not isinstance(content, dict):
        content = {}
    kept = {name: content[name] for name in ("execution_count", "transient") if name in content}
    if msg_type in _SHOWN:
        content = {"data": {"text/plain": words}, "metadata": {}, **kept}
    elif msg_type == "error":
        content = {"ename": str(content.get("ename"))[:200], "evalue": words, "traceback": [words]}
    elif msg_type.endswith("_reply"):
        content = {"status": "error", "ename": "OutputTooLarge", "evalue": words, "traceback": [], **kept}
    else:
        msg_type, content = "stream", {"name": "stderr", "text": words + "\n"}
    header = {**message["header"], "msg_type": msg_type}
    metadata = {name: value for name, value in message["metadata"].items() if name == "interact"}
    return {**message, "header": header, "msg_type": msg_type, "metadata": metadata, "content": content}
