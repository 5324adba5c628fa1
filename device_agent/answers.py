"""What comes from the kernel: passed on in order; the reply and `idle` of what runs leave last."""

import asyncio
import contextlib
from collections.abc import Callable

from chalicelib.messages import Message
from device_agent.hops import hop
from device_agent.session import Session

_REPLY_WITHIN, _MOST_WAITS = 2.0, 15
_LAST_WORDS_WITHIN = 1.0
_SILENCE = 0.05
_URGENT = ("input_request", "complete_reply", "inspect_reply", "download_reply")


class Answers:
    """Passes on what the kernel of one session says.

    :param became_free: called when an execution has ended.
    """

    def __init__(self, session: Session, became_free: Callable[[], None]) -> None:
        self._session = session
        self._became_free = became_free
        self._heard = 0

    async def pass_on(self, channel: str) -> None:
        """What comes on a channel, for as long as the kernel lives."""
        async for message, size in self._session.kernel.messages(channel):
            await self._session.outbox.room()
            self._heard += 1
            self._pass_on(message, size)

    async def silence(self) -> None:
        """Wait until nothing more comes, as from a kernel that has ended; at most a second."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_WITHIN):
                heard = -1
                while heard != self._heard:
                    heard = self._heard
                    await asyncio.sleep(_SILENCE)

    def _pass_on(self, message: Message, size: int) -> None:
        session = self._session
        running = session.runs.current
        if running is not None and message["header"]["msg_type"] == "status":
            hop(running, "idle" if message["content"].get("execution_state") == "idle" else "began")
        leaving = session.runs.leaves(message)
        if running is not None and session.runs.current is None:
            self._end(leaving)
            return
        for one in leaving:
            session.outbox.put(one, session.downloads.weight(one, size), urgent=_is_urgent(one))
        if running is not None and not leaving and (running.reply is None) != (running.idle is None):
            # iopub may lose `idle` when it is flooded, and a request that makes ipykernel fail has no reply.
            self._finish_half_later(running.msg_id, _MOST_WAITS)

    def _finish_half_later(self, msg_id: str, waits: int) -> None:
        asyncio.get_running_loop().call_later(_REPLY_WITHIN, self._finish_half, msg_id, self._heard, waits)

    def _finish_half(self, msg_id: str, heard: int, waits: int) -> None:
        current = self._session.runs.current
        if current is None or current.msg_id != msg_id:
            return
        if self._heard != heard and waits > 0:  # the other half may be behind output that is still to be read
            self._finish_half_later(msg_id, waits - 1)
        else:
            self._end(self._session.runs.finish_half())

    def _end(self, held: list[Message]) -> None:
        """An execution has ended: the last of its output leaves, then what was held."""
        self._session.outbox.put_last_part()
        for message in held:
            self._session.outbox.put(message, urgent=True)
        self._became_free()


def _is_urgent(message: Message) -> bool:
    """Whether nothing follows that would be worth waiting for."""
    if message["content"].get("execution_state") == "idle":
        return True
    return message["header"]["msg_type"] in _URGENT
