"""What is too large for a websocket message: kept in S3, reached by a link that expires."""

import uuid
from typing import Any

from chalicelib.clients import Clients
from chalicelib.frames import dumps
from chalicelib.messages import Message

MAX_INLINE_BYTES = 96 * 1024
"""Larger messages travel as links: API Gateway's limit is 128 KB a message."""


def _object_key(session_key: str, payload_id: str) -> str:
    return f"{session_key.replace('#', '/')}/{payload_id}"


def store(aws: Clients, session_key: str, message: Message, body: str) -> Message:
    """The message with its content and buffers, whose JSON is `body`, put away."""
    payload_id = uuid.uuid4().hex
    aws.s3.put_object(
        Bucket=aws.settings.payload_bucket,
        Key=_object_key(session_key, payload_id),
        Body=body.encode(),
        ContentType="application/json",
    )
    payload = {"id": payload_id, "size": len(body.encode())}
    return {**message, "content": {}, "buffers": [], "metadata": {**message["metadata"], "payload": payload}}


def body(message: Message) -> str:
    return dumps({"content": message["content"], "buffers": message["buffers"]})


def presigned(aws: Clients, object_key: str) -> str:
    """A link to an object of the payload bucket, for whoever has it, while it lasts."""
    url: str = aws.s3.generate_presigned_url(
        "get_object",
        Params={"Bucket": aws.settings.payload_bucket, "Key": object_key},
        ExpiresIn=aws.settings.payload_link_ttl,
    )
    return url


def link(aws: Clients, session_key: str, message: Message) -> Message:
    """The message with a fresh link, if it has a payload. Only payloads of its own session can be reached."""
    payload: Any = message["metadata"].get("payload")
    if payload is None:
        return message
    url = presigned(aws, _object_key(session_key, payload["id"]))
    return {**message, "metadata": {**message["metadata"], "payload": {"url": url, "size": payload["size"]}}}
