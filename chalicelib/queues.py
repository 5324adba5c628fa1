"""The two kinds of queue: doorbells, which bring what they announce along where it fits."""

import contextlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from chalicelib.clients import Clients
from chalicelib.frames import dumps

MAX_BROUGHT_BYTES = 60_000
"""SQS bills each 64 KB of a message as a request."""


@cache
def _url(aws: Clients, name: str) -> str:
    return aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]


def pool_url(aws: Clients, pool: str) -> str:
    """:raises botocore.exceptions.ClientError: there is no such pool."""
    return _url(aws, aws.settings.pool_queue(pool))


def ring(
    aws: Clients,
    queue_url: str,
    session_id: str,
    channel: str | None = None,
    request: Mapping[str, Any] | None = None,
) -> None:
    """Tell whoever listens on the queue that the session has something new.

    :param request: what is new, the key of its row and its message; left out where it is too large.
    """
    body = {"session_id": session_id} | ({"channel": channel} if channel else {})
    text = dumps({**body, "request": request} if request else body)
    if request and len(text.encode()) > MAX_BROUGHT_BYTES:
        text = dumps(body)
    aws.sqs.send_message(QueueUrl=queue_url, MessageBody=text)


def place(aws: Clients, pool: str) -> int:
    """How many sessions wait in the pool, about; 0 when the queue has nothing, not even on its way."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = aws.sqs.get_queue_attributes(QueueUrl=pool_url(aws, pool), AttributeNames=names)  # type: ignore[arg-type]
    waiting, taken = (int(answer["Attributes"][name]) for name in names)  # type: ignore[index]
    return max(1, waiting) if waiting or taken else 0


def make_device_queue(aws: Clients, device_id: str) -> str:
    """The device's own queue, with the service's dead-letter queue; idempotent."""
    return _make(aws, aws.settings.device_queue(device_id), 5)


def device_url(aws: Clients, device_id: str) -> str:
    """The URL of the device's queue, which is made if it is not there (any more)."""
    try:
        return aws.sqs.get_queue_url(QueueName=aws.settings.device_queue(device_id))["QueueUrl"]
    except aws.sqs.exceptions.QueueDoesNotExist:
        return make_device_queue(aws, device_id)


def drop(aws: Clients, queue_url: str) -> None:
    """Delete a queue; idempotent."""
    with contextlib.suppress(aws.sqs.exceptions.QueueDoesNotExist):
        aws.sqs.delete_queue(QueueUrl=queue_url)


def make_pool_queue(aws: Clients, pool: str) -> str:
    """A pool's queue, like that of the default pool in infra/template/buffers/queues.yaml; idempotent."""
    return _make(aws, aws.settings.pool_queue(pool), 100)


def _make(aws: Clients, name: str, tries: int) -> str:
    dead = _url(aws, aws.settings.dead_letter_queue)
    arn = aws.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    answer = aws.sqs.create_queue(
        QueueName=name,
        Attributes={
            "VisibilityTimeout": "30",
            "MessageRetentionPeriod": "3600",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": str(tries)}),
        },
    )
    return answer["QueueUrl"]
