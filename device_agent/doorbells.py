"""Long polls of the agent's two queues."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

POLL_SECONDS = 20
"""As long as SQS lets a poll wait: three empty receives a minute and queue."""
_LONGEST_PAUSE = 10.0
_BATCH = 10
_DELETE_WITHIN = 0.2
"""Seconds for which a message that was heard waits for others to be deleted with: SQS hides it for 30."""


@dataclass(frozen=True)
class Doorbell:
    """What a queue message announces, and the handle to delete it with.

    `request`: the `key` and `message` of what is new, where that was small enough to come along.
    """

    session_id: str
    channel: str | None
    receipt: str
    request: dict[str, Any] | None = None


def _parse(body: str, receipt: str) -> Doorbell | None:
    try:
        content = json.loads(body)
        session_id, channel, request = content["session_id"], content.get("channel"), content.get("request")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(session_id, str) or not isinstance(channel, str | None):
        return None
    if not isinstance(request, dict) or not {"key", "message"} <= request.keys():
        request = None
    return Doorbell(session_id, channel, receipt, request)


class Doorbells:
    """One queue. Delivery is at least once and unordered; who listens must not mind."""

    def __init__(self, sqs: "SQSClient", queue_url: str) -> None:
        self._sqs = sqs
        self._url = queue_url
        self._heard: list[str] = []
        self._deleting: asyncio.Task[None] | None = None

    async def listen(self, at_most: int = 10) -> list[Doorbell]:
        """One long poll. What cannot be read is left to the dead-letter queue."""
        answer = await asyncio.to_thread(
            self._sqs.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=min(at_most, 10),
            WaitTimeSeconds=POLL_SECONDS,
        )
        found = [_parse(message["Body"], message["ReceiptHandle"]) for message in answer.get("Messages", [])]
        return [doorbell for doorbell in found if doorbell is not None]

    async def forever(self, room: Callable[[], int] = lambda: 10) -> AsyncIterator[list[Doorbell]]:
        """Polls for ever, each time for as many as there is room for; when the queue fails, after a pause."""
        pause = 0.5
        while True:
            try:
                yield await self.listen(max(1, room()))
                pause = 0.5
            except (ClientError, BotoCoreError):
                log.warning("could not poll, trying again in %.0f s", pause, exc_info=True)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def heard(self, doorbell: Doorbell) -> None:
        """What it announced has been noted by whoever lives as long as the session: delete it, soon."""
        self._heard.append(doorbell.receipt)
        if self._deleting is None or self._deleting.done():
            self._deleting = asyncio.create_task(self._delete())

    async def close(self) -> None:
        """Delete what was heard, now."""
        if self._deleting:
            self._deleting.cancel()
        await self._delete_all()

    async def _delete(self) -> None:
        await asyncio.sleep(_DELETE_WITHIN)
        await self._delete_all()

    async def _delete_all(self) -> None:
        while self._heard:
            batch, self._heard = self._heard[:_BATCH], self._heard[_BATCH:]
            entries = [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(batch)]
            await self._quietly(self._sqs.delete_message_batch, Entries=entries)

    async def give_back(self, doorbell: Doorbell, after: int = 0) -> None:
        """Let it be heard again, by any device, at once or `after` so many seconds."""
        await self._quietly(
            self._sqs.change_message_visibility, ReceiptHandle=doorbell.receipt, VisibilityTimeout=after
        )

    async def _quietly(self, call: object, **request: object) -> None:
        # A message that stays is heard again, which does no harm.
        try:
            await asyncio.to_thread(call, QueueUrl=self._url, **request)  # type: ignore[arg-type]
        except (ClientError, BotoCoreError):
            log.warning("queue messages were not deleted", exc_info=True)
