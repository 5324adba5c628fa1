"""The actions of SQS over all queues: checks what is asked, and answers in SQS's words."""

import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from infra.local.queues.errors import (
    BatchTooLongError,
    EmptyBatchError,
    EntryIdsNotDistinctError,
    InvalidAttributeNameError,
    InvalidParameterValueError,
    MissingParameterError,
    QueueDoesNotExistError,
    QueueNameExistsError,
    SqsError,
    TooManyEntriesError,
    UnsupportedOperationError,
)
from infra.local.queues.message import Message, attributes_digest, body_digest, size_of
from infra.local.queues.queue import Queue, check_attributes

Body = dict[str, Any]
ACCOUNT_ID = "123456789012"
BATCH_MAX = 10
WAIT_MAX_SECONDS = 20
SETTABLE = frozenset(
    (
        "DelaySeconds",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "Policy",
        "ReceiveMessageWaitTimeSeconds",
        "RedrivePolicy",
        "RedriveAllowPolicy",
        "SqsManagedSseEnabled",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
        "VisibilityTimeout",
    )
)


class Service:
    """Every queue by name, and the actions on them."""

    def __init__(self, base_url: str, region: str, memory: Path | None = None) -> None:
        """`memory` is a file that keeps the queues, though not their messages, over a restart."""
        self._base_url = base_url
        self._region = region
        self._memory = memory
        self._queues: dict[str, Queue] = {}
        if memory is not None and memory.exists():
            for name, attributes in json.loads(memory.read_text(encoding="utf-8")).items():
                self._queues[name] = Queue(name, attributes, self._queues.get)
        self._actions: dict[str, Callable[[Body, Callable[[], bool]], Awaitable[Body]]] = {
            "CreateQueue": self._create,
            "DeleteQueue": self._drop,
            "GetQueueUrl": self._url_of_name,
            "ListQueues": self._list,
            "GetQueueAttributes": self._get_attributes,
            "SetQueueAttributes": self._set_attributes,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._change_visibility,
            "PurgeQueue": self._purge,
        }

    async def call(self, action: str, body: Body, is_gone: Callable[[], bool]) -> Body:
        """Return an action's answer; `is_gone()` tells that nobody waits for it any more. Raises SqsError."""
        handler = self._actions.get(action)
        if handler is None:
            raise UnsupportedOperationError(f"{action} is not emulated")
        return await handler(body, is_gone)

    async def _create(self, body: Body, _: Callable[[], bool]) -> Body:
        name = str(_required(body, "QueueName"))
        attributes = _settable(body.get("Attributes") or {})
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
            raise InvalidParameterValueError(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
            )
        queue = self._queues.get(name)
        if queue is None:
            self._queues[name] = Queue(name, attributes, self._queues.get)
            self._remember()
        elif any(queue.attributes.get(key) != value for key, value in attributes.items()):
            raise QueueNameExistsError(
                "A queue already exists with the same name and a different value for an attribute"
            )
        return {"QueueUrl": self._url(name)}

    async def _drop(self, body: Body, _: Callable[[], bool]) -> Body:
        queue = self._queue(body)
        queue.purge()
        del self._queues[queue.name]
        self._remember()
        return {}

    async def _url_of_name(self, body: Body, _: Callable[[], bool]) -> Body:
        name = str(_required(body, "QueueName"))
        if name not in self._queues:
            raise QueueDoesNotExistError("The specified queue does not exist.")
        return {"QueueUrl": self._url(name)}

    async def _list(self, body: Body, _: Callable[[], bool]) -> Body:
        prefix = body.get("QueueNamePrefix") or ""
        return {"QueueUrls": [self._url(name) for name in sorted(self._queues) if name.startswith(prefix)]}

    async def _get_attributes(self, body: Body, _: Callable[[], bool]) -> Body:
        queue = self._queue(body)
        known = {
            **queue.attributes,
            **queue.counts(),
            "QueueArn": f"arn:aws:sqs:{self._region}:{ACCOUNT_ID}:{queue.name}",
            "CreatedTimestamp": str(queue.created_at),
            "LastModifiedTimestamp": str(queue.created_at),
        }
        asked = body.get("AttributeNames") or []
        if "All" in asked:
            return {"Attributes": known}
        unknown = [name for name in asked if name not in known and name not in SETTABLE]
        if unknown:
            raise InvalidAttributeNameError(f"Unknown Attribute {unknown[0]}.")
        return {"Attributes": {name: known[name] for name in asked if name in known}}

    async def _set_attributes(self, body: Body, _: Callable[[], bool]) -> Body:
        self._queue(body).attributes.update(_settable(_required(body, "Attributes")))
        self._remember()
        return {}

    async def _send(self, body: Body, _: Callable[[], bool]) -> Body:
        queue = self._queue(body)
        return self._put(queue, body)

    async def _send_batch(self, body: Body, _: Callable[[], bool]) -> Body:
        queue = self._queue(body)
        entries = _entries(body)
        sizes = [
            size_of(entry.get("MessageBody", ""), entry.get("MessageAttributes") or {}) for entry in entries
        ]
        if sum(sizes) > queue.number("MaximumMessageSize"):
            raise BatchTooLongError("Batch requests cannot be longer than 1048576 bytes.")
        return _each(entries, lambda entry: self._put(queue, entry))

    async def _receive(self, body: Body, is_gone: Callable[[], bool]) -> Body:
        queue = self._queue(body)
        count = _ranged(body, "MaxNumberOfMessages", 1, 1, BATCH_MAX)
        wait = _ranged(
            body, "WaitTimeSeconds", queue.number("ReceiveMessageWaitTimeSeconds"), 0, WAIT_MAX_SECONDS
        )
        visibility = _ranged(body, "VisibilityTimeout", queue.number("VisibilityTimeout"), 0, 43_200)
        messages = await queue.receive(count, wait, visibility, is_gone)
        system = {*(body.get("AttributeNames") or []), *(body.get("MessageSystemAttributeNames") or [])}
        names = body.get("MessageAttributeNames") or []
        return {"Messages": [message.describe(system, names) for message in messages]} if messages else {}

    async def _delete(self, body: Body, _: Callable[[], bool]) -> Body:
        self._queue(body).delete(str(_required(body, "ReceiptHandle")))
        return {}

    async def _delete_batch(self, body: Body, _: Callable[[], bool]) -> Body:
        queue = self._queue(body)

        def delete(entry: Body) -> Body:
            queue.delete(str(_required(entry, "ReceiptHandle")))
            return {}

        return _each(_entries(body), delete)

    async def _change_visibility(self, body: Body, _: Callable[[], bool]) -> Body:
        timeout = _ranged(body, "VisibilityTimeout", None, 0, 43_200)
        self._queue(body).change_visibility(str(_required(body, "ReceiptHandle")), timeout)
        return {}

    async def _purge(self, body: Body, _: Callable[[], bool]) -> Body:
        self._queue(body).purge()
        return {}

    def _put(self, queue: Queue, entry: Body) -> Body:
        text = str(_required(entry, "MessageBody"))
        attributes = entry.get("MessageAttributes") or {}
        size = size_of(text, attributes)
        limit = queue.number("MaximumMessageSize")
        if not text:
            raise MissingParameterError("The request must contain the parameter MessageBody.")
        if size > limit:
            raise InvalidParameterValueError(
                f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
            )
        delay = _ranged(entry, "DelaySeconds", queue.number("DelaySeconds"), 0, 900)
        message = Message(text, attributes, size, sent_at=time.time())
        queue.put(message, delay)
        answer = {"MessageId": message.message_id, "MD5OfMessageBody": body_digest(text)}
        if attributes:
            answer["MD5OfMessageAttributes"] = attributes_digest(attributes)
        return answer

    def _remember(self) -> None:
        if self._memory is not None:
            temporary = self._memory.with_suffix(".new")
            queues = {name: queue.attributes for name, queue in self._queues.items()}
            temporary.write_text(json.dumps(queues, indent=1), encoding="utf-8")
            temporary.replace(self._memory)

    def _queue(self, body: Body) -> Queue:
        name = str(_required(body, "QueueUrl")).rstrip("/").rsplit("/", 1)[-1]
        try:
            return self._queues[name]
        except KeyError:
            raise QueueDoesNotExistError("The specified queue does not exist.") from None

    def _url(self, name: str) -> str:
        return f"{self._base_url}/{ACCOUNT_ID}/{name}"


def _required(body: Body, name: str) -> Any:
    if body.get(name) is None:
        raise MissingParameterError(f"The request must contain the parameter {name}.")
    return body[name]


def _ranged(body: Body, name: str, default: int | None, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        if default is None:
            raise MissingParameterError(f"The request must contain the parameter {name}.")
        return default
    if not isinstance(value, int) or not low <= value <= high:
        raise InvalidParameterValueError(
            f"Value {value} for parameter {name} is invalid. "
            f"Reason: Must be >= {low} and <= {high}, if provided."
        )
    return value


def _settable(attributes: dict[str, str]) -> dict[str, str]:
    for name in attributes:
        if name not in SETTABLE:
            raise InvalidAttributeNameError(f"Unknown Attribute {name}.")
    check_attributes(attributes)
    policy = attributes.get("RedrivePolicy")
    if policy and not {"deadLetterTargetArn", "maxReceiveCount"} <= set(json.loads(policy)):
        raise InvalidParameterValueError(f"Value {policy} for parameter RedrivePolicy is invalid.")
    return attributes


def _entries(body: Body) -> list[Body]:
    entries: list[Body] = body.get("Entries") or []
    if not entries:
        raise EmptyBatchError("There should be at least one entry in the request.")
    if len(entries) > BATCH_MAX:
        raise TooManyEntriesError("Maximum number of entries per request are 10.")
    if len({entry.get("Id") for entry in entries}) < len(entries):
        raise EntryIdsNotDistinctError("Two or more batch entries in the request have the same Id.")
    return entries


def _each(entries: list[Body], act: Callable[[Body], Body]) -> Body:
    answer: dict[str, list[Body]] = {"Successful": [], "Failed": []}
    for entry in entries:
        try:
            answer["Successful"].append({"Id": entry.get("Id"), **act(entry)})
        except SqsError as error:
            failed = {"Id": entry.get("Id"), "SenderFault": True, "Code": error.code, "Message": str(error)}
            answer["Failed"].append(failed)
    return {key: value for key, value in answer.items() if value}
