"""One queue: what is ready, what waits, what is in flight, and who is polling."""

import asyncio
import heapq
import itertools
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator

from infra.local.queues.errors import (
    InvalidParameterValueError,
    MessageNotInflightError,
    OverLimitError,
    ReceiptHandleIsInvalidError,
)
from infra.local.queues.message import Message

IN_FLIGHT_MAX = 120_000
STORED_MAX = 240_000
RECEIPT_PREFIX = "LW"
RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
}


class Queue:
    """A standard queue. For the event loop's thread only."""

    def __init__(self, name: str, attributes: dict[str, str], find: Callable[[str], "Queue | None"]) -> None:
        self.name = name
        self.attributes = {**DEFAULTS, **attributes}
        self.created_at = int(time.time())
        self._find = find
        self._loop = asyncio.get_running_loop()
        self._ready: deque[Message] = deque()
        self._later: list[tuple[float, int, Message]] = []
        self._order = itertools.count()
        self._by_receipt: dict[str, Message] = {}
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._stored = 0
        self._in_flight = 0

    def number(self, attribute: str) -> int:
        """Return a numeric attribute."""
        return int(self.attributes[attribute])

    def counts(self) -> dict[str, str]:
        """Return the three ApproximateNumberOfMessages attributes (exact here)."""
        self._drop_expired()
        delayed = self._stored - self._in_flight - sum(1 for message in self._ready if not message.is_deleted)
        return {
            "ApproximateNumberOfMessages": str(self._stored - self._in_flight - delayed),
            "ApproximateNumberOfMessagesNotVisible": str(self._in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
        }

    def put(self, message: Message, delay: float = 0.0) -> None:
        """Add a message. Raises OverLimitError when the queue is full (AWS's queues never are)."""
        self._drop_expired()
        if self._stored >= STORED_MAX:
            raise OverLimitError(f"{self.name} holds {STORED_MAX} messages, more than the local stack keeps")
        self._stored += 1
        if delay > 0:
            self._show_later(message, delay)
        else:
            self._show(message)

    async def receive(
        self, count: int, wait: float, visibility: float, is_gone: Callable[[], bool]
    ) -> list[Message]:
        """Return up to `count` messages, waiting up to `wait` seconds for the first.

        Raises OverLimitError. When the poll is cancelled or `is_gone()`, no message has been taken.
        """
        if self._in_flight >= IN_FLIGHT_MAX:
            raise OverLimitError(f"{IN_FLIGHT_MAX} messages of {self.name} are in flight")
        ends_at = self._loop.time() + wait
        while not is_gone():
            taken = list(self._take(count, visibility))
            left = ends_at - self._loop.time()
            if taken or left <= 0:
                return taken
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            try:
                await asyncio.wait((waiter,), timeout=left)
            except asyncio.CancelledError:
                if waiter.done():
                    self._wake()  # what this poll was woken for goes to the next in line
                raise
            finally:
                if not waiter.done():
                    self._waiters.remove(waiter)
        self._wake()
        return []

    def delete(self, receipt: str) -> None:
        """Delete a message; an old receipt changes nothing. Raises ReceiptHandleIsInvalidError."""
        message = self._of(receipt)
        if message is not None:
            del self._by_receipt[receipt]
            self._leave_flight(message)
            self._forget(message)

    def change_visibility(self, receipt: str, timeout: float) -> None:
        """Show a message again `timeout` seconds from now.

        Raises MessageNotInflightError and ReceiptHandleIsInvalidError.
        """
        message = self._of(receipt)
        if message is None or not message.is_in_flight:
            raise MessageNotInflightError("The message referred to isn't in flight.")
        if timeout > 0:
            self._show_later(message, timeout)
        else:
            self._return(message)

    def purge(self) -> None:
        """Delete every message."""
        for message in itertools.chain(self._ready, (entry[2] for entry in self._later)):
            message.is_deleted = True
        self._ready.clear()
        self._later.clear()
        self._by_receipt.clear()
        self._stored = self._in_flight = 0

    def _take(self, count: int, visibility: float) -> Iterator[Message]:
        shown_at_once: list[Message] = []
        self._drop_expired()
        while count > 0 and self._ready and self._in_flight < IN_FLIGHT_MAX:
            message = self._ready.popleft()
            if message.is_deleted or self._redrive(message):
                continue
            message.receive_count += 1
            message.first_received_at = message.first_received_at or time.time()
            if message.receipt is not None:
                self._by_receipt.pop(message.receipt, None)
            message.receipt = RECEIPT_PREFIX + secrets.token_urlsafe(32)
            self._by_receipt[message.receipt] = message
            message.is_in_flight = True
            self._in_flight += 1
            if visibility > 0:
                self._show_later(message, visibility)
            else:
                shown_at_once.append(message)
            count -= 1
            yield message
        for message in shown_at_once:
            self._return(message)

    def _redrive(self, message: Message) -> bool:
        """Move a message that was received too often to the dead-letter queue; return whether it moved."""
        policy = json.loads(self.attributes.get("RedrivePolicy") or "{}")
        if not policy or message.receive_count < int(policy["maxReceiveCount"]):
            return False
        target = self._find(policy["deadLetterTargetArn"].rsplit(":", 1)[-1])
        if target is None:
            return False
        self._forget(message)
        moved = Message(message.body, message.attributes, message.size, message.message_id, message.sent_at)
        moved.receive_count = message.receive_count
        target.put(moved)
        return True

    def _show(self, message: Message) -> None:
        self._ready.append(message)
        self._wake()

    def _show_later(self, message: Message, seconds: float) -> None:
        message.visible_at = self._loop.time() + seconds
        heapq.heappush(self._later, (message.visible_at, next(self._order), message))
        self._set_timer()

    def _return(self, message: Message) -> None:
        self._leave_flight(message)
        message.visible_at = 0.0
        if not self._redrive(message):
            self._show(message)

    def _set_timer(self) -> None:
        due = self._later[0][0] if self._later else None
        if self._timer is not None and (due is None or self._timer.when() > due):
            self._timer.cancel()
            self._timer = None
        if due is not None and self._timer is None:
            self._timer = self._loop.call_at(due, self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._later and self._later[0][0] <= now:
            due, _, message = heapq.heappop(self._later)
            # A later change of its visibility has put the message in again at another time.
            if not message.is_deleted and message.visible_at == due:
                self._return(message)
        self._set_timer()

    def _wake(self) -> None:
        while self._ready and self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _of(self, receipt: str) -> Message | None:
        if not receipt.startswith(RECEIPT_PREFIX):
            raise ReceiptHandleIsInvalidError(f'The input receipt handle "{receipt}" is not valid.')
        return self._by_receipt.get(receipt)

    def _leave_flight(self, message: Message) -> None:
        if message.is_in_flight:
            message.is_in_flight = False
            self._in_flight -= 1

    def _forget(self, message: Message) -> None:
        message.is_deleted = True
        self._stored -= 1
        if message.receipt is not None:
            self._by_receipt.pop(message.receipt, None)

    def _drop_expired(self) -> None:
        oldest = time.time() - self.number("MessageRetentionPeriod")
        while self._ready and (self._ready[0].is_deleted or self._ready[0].sent_at < oldest):
            message = self._ready.popleft()
            if not message.is_deleted:
                self._forget(message)


def check_attributes(attributes: dict[str, str]) -> None:
    """Raise InvalidParameterValueError for a queue attribute that is out of its range.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    for name, value in attributes.items():
        low, high = RANGES.get(name, (0, 0))
        if name in RANGES and not (value.isdigit() and low <= int(value) <= high):
            raise InvalidParameterValueError(f"Invalid value for the parameter {name}.")
