"""Fetches what a browser has put away for a request, while the session goes on with all else."""

import asyncio
from collections.abc import Callable

import urllib3
from urllib3.util import Retry, Timeout

from chalicelib import uploads
from chalicelib.bodies import MAX_UPLOAD_BYTES
from chalicelib.errors import LongwireError, UploadLost
from chalicelib.messages import Message, interact_of

FETCHED_WITHIN = 60.0
"""Seconds, tries that failed included."""
_RETRIES = Retry(
    total=5, backoff_factor=0.3, backoff_jitter=0.2, status_forcelist=[429, 500, 502, 503, 504],
    raise_on_status=False, redirect=0, raise_on_redirect=False,
)  # fmt: skip
_PATIENCE = Timeout(connect=3, read=15)
_POOL = urllib3.PoolManager(maxsize=8, retries=_RETRIES, timeout=_PATIENCE)

Fetched = tuple[str, Message, LongwireError | None]
"""The key of a request's row, the request, whole if it could be had, and what is wrong with it else."""


class Fetching:
    """One request at a time: what is fetched takes its place in memory only when it is its turn.

    :param done: called when what was begun is to be taken.
    """

    def __init__(self, done: Callable[[], None]) -> None:
        self._done = done
        self._request: tuple[str, Message] | None = None
        self._task: asyncio.Task[Message] | None = None
        self._stopped = False

    def __bool__(self) -> bool:
        return self._request is not None

    def begin(self, key: str, message: Message) -> None:
        self._request = (key, message)
        self._stopped = False
        self._task = asyncio.create_task(_whole(message))
        self._task.add_done_callback(lambda _: self._done())

    def take(self) -> Fetched | None:
        """What was begun, if nothing more has to be waited for."""
        if self._request is None or self._task is None or not self._task.done():
            return None
        (key, message), task = self._request, self._task
        self._request = self._task = None
        if self._stopped or task.cancelled():
            return key, message, UploadLost("stopped while it was on its way", "metadata.payload")
        error = task.exception()
        if error is None:
            return key, task.result(), None
        if not isinstance(error, LongwireError):
            raise error
        return key, message, error

    def forget_older(self, change: Message) -> None:
        """A newer change of a function takes the place of the one that is being fetched."""
        ours = interact_of(self._request[1]) if self._request else None
        newer = interact_of(change)
        if ours and newer and ours[0] == newer[0] and ours[1] < newer[1]:
            self.close()
            self._done()

    def stop(self) -> None:
        """The reader wants it no more, and is told so; also if it has come and is yet to be taken."""
        self._stopped = True
        if self._task:
            self._task.cancel()

    def close(self) -> None:
        """Forget it."""
        self.stop()
        self._request = self._task = None


async def _whole(message: Message) -> Message:
    """:raises UploadLost, InvalidMessage, MessageTooLarge: it cannot be had, or is not what may be sent."""
    payload = uploads.put_away(message) or {}
    try:
        async with asyncio.timeout(FETCHED_WITHIN):
            raw = await asyncio.to_thread(_fetch, str(payload.get("url", "")))
    except TimeoutError:
        raise UploadLost("what was sent could not be fetched in time: send it again", _FIELD) from None
    return await asyncio.to_thread(uploads.restored, message, raw)


_FIELD = "metadata.payload"


def _fetch(url: str) -> bytes:
    try:
        answer = _POOL.request("GET", url, preload_content=False, decode_content=False)
        with answer:
            data = answer.read(MAX_UPLOAD_BYTES + 1)
    except urllib3.exceptions.HTTPError:
        raise UploadLost("what was sent could not be fetched: send it again", _FIELD) from None
    if answer.status != 200:
        # The store's own words would tell the link.
        raise UploadLost("what was sent is not there, or not any more: send it again", _FIELD)
    return data
