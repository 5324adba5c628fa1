"""One message of a queue, and the digests of it that AWS's clients check."""

import hashlib
import struct
import time
import uuid
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any

Attributes = dict[str, dict[str, str]]


@dataclass(eq=False)
class Message:
    """A message and where it is in its life; times in seconds (`visible_at`: on the loop's clock)."""

    body: str
    attributes: Attributes
    size: int
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    sent_at: float = field(default_factory=time.time)
    first_received_at: float | None = None
    receive_count: int = 0
    receipt: str | None = None
    visible_at: float = 0.0
    is_in_flight: bool = False
    is_deleted: bool = False

    def describe(self, system_names: set[str], attribute_names: list[str]) -> dict[str, Any]:
        """Return the message as ReceiveMessage answers it, with the attributes that were asked for."""
        answer: dict[str, Any] = {
            "MessageId": self.message_id,
            "ReceiptHandle": self.receipt,
            "MD5OfBody": body_digest(self.body),
            "Body": self.body,
        }
        system = {
            "SenderId": "AIDALOCAL",
            "SentTimestamp": str(int(self.sent_at * 1000)),
            "ApproximateReceiveCount": str(self.receive_count),
            "ApproximateFirstReceiveTimestamp": str(int((self.first_received_at or 0) * 1000)),
        }
        chosen = {name: value for name, value in system.items() if system_names & {name, "All"}}
        if chosen:
            answer["Attributes"] = chosen
        own = {name: value for name, value in self.attributes.items() if _is_asked(name, attribute_names)}
        if own:
            answer["MessageAttributes"] = own
            answer["MD5OfMessageAttributes"] = attributes_digest(own)
        return answer


def body_digest(body: str) -> str:
    """Return the MD5 of a body, which boto3 compares with its own."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def attributes_digest(attributes: Attributes) -> str:
    """Return the MD5 of message attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    """
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        data_type = attribute["DataType"]
        for text in (name, data_type):
            digest.update(struct.pack("!I", len(text.encode())) + text.encode())
        if data_type.startswith("Binary"):
            value, kind = b64decode(attribute["BinaryValue"]), b"\x02"
        else:
            value, kind = attribute["StringValue"].encode(), b"\x01"
        digest.update(kind + struct.pack("!I", len(value)) + value)
    return digest.hexdigest()


def size_of(body: str, attributes: Attributes) -> int:
    """Return how many bytes of SQS's limit a message takes."""
    size = len(body.encode())
    for name, attribute in attributes.items():
        value = attribute.get("StringValue") or attribute.get("BinaryValue") or ""
        size += len(name.encode()) + len(attribute.get("DataType", "")) + len(value.encode())
    return size


def _is_asked(name: str, asked: list[str]) -> bool:
    return any(
        pattern in ("All", ".*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-2]))
        for pattern in asked
    )
