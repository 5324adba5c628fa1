"""The buffer towards the browser: what a session sent, in slots, and its replay.

A partition holds one session as one device ran it (`<device_id>#<session_id>#<epoch>`), so that a
device's credentials can be narrowed to its own partitions. A slot is `<block>#<number>`: a cell's
execution is a block that grows; an interact function is a block whose slots a newer state overwrites.
"""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from botocore.exceptions import ClientError

from chalicelib.clients import Clients
from chalicelib.errors import StaleLease
from chalicelib.frames import dumps
from chalicelib.items import Item, condition_failed, from_item, query, to_item
from chalicelib.messages import OUTPUT_WIDGET, Message, replaced_under

MAX_ITEM_BYTES = 256 * 1024
"""What the messages of one item may have: DynamoDB's limit is 400 KB with names and keys."""

END_BLOCK = "end"
"""The block of `computation_end`."""


@dataclass(frozen=True)
class Slot:
    """Messages that are stored together; `block` is `exec#<n>`, `interact#<function_name>`,
    `output#<comm_id>` (of an Output widget) or `end`.

    `json`: the list of them, if it was made already.
    """

    block: str
    number: int
    messages: tuple[Message, ...]
    json: str | None = None

    @property
    def key(self) -> str:
        return f"{self.block}#{self.number:06d}"

    @property
    def sequence(self) -> int:
        """The sequence of its first message."""
        return self.messages[0]["sequence"]


def session_key(device_id: str, session_id: str, epoch: int) -> str:
    """The partition of one claim of a session: what an earlier claim may still write goes elsewhere."""
    return f"{device_id}#{session_id}#{epoch}"


def put(aws: Clients, session_key: str, epoch: int, slot: Slot, now: float | None = None) -> None:
    """Write a slot, over an older one if there is one. Writing the same again is a success.

    :param now: the time, for a caller whose own clock may be wrong; seconds since 1970.
    :raises StaleLease: a newer owner of the session, or a newer message, has this slot.
    """
    item = {
        "session_key": session_key,
        "slot": slot.key,
        "sequence": slot.sequence,
        "epoch": epoch,
        "messages": slot.json or dumps(slot.messages),
        "expires_at": int(time.time() if now is None else now) + aws.settings.message_ttl,
    }
    try:
        aws.dynamodb.put_item(
            TableName=aws.settings.table("iopub"),
            Item=to_item(item),
            ConditionExpression="attribute_not_exists(slot) OR epoch < :epoch"
            " OR (epoch = :epoch AND #sequence < :sequence)",
            ExpressionAttributeNames={"#sequence": "sequence"},
            ExpressionAttributeValues=to_item({":epoch": epoch, ":sequence": slot.sequence}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        held = condition_failed(error)
        if held is None:
            raise
        if held.get("epoch") != epoch or held.get("sequence") != slot.sequence:
            raise StaleLease(f"slot {slot.key} has a newer owner") from error


@dataclass(frozen=True)
class Replay:
    """What a browser misses, in order; `sequence` is the highest that is stored, shown here or replaced.

    `ended`: whether the session's last message is stored.
    """

    messages: list[Message]
    sequence: int
    ended: bool = False


def finish(aws: Clients, session_key: str, epoch: int, message: Message) -> bool:
    """Write the end of a session for a device that did not.

    :param epoch: if it is newer than the device's, that one can overwrite no function's output any more.
    :returns: False when the end was there already.
    """
    items = list(_stored(aws, session_key))
    if any(item["slot"].startswith(END_BLOCK) for item in items):
        return False
    held = [_fenced(aws, item, epoch) for item in items]
    message["sequence"] = 1 + max((one["sequence"] for item in held for one in _messages(item)), default=0)
    put(aws, session_key, epoch, Slot(END_BLOCK, 0, (message,)))
    return True


def _fenced(aws: Clients, item: Item, epoch: int) -> Item:
    """A slot that an older owner can write no more, with what it holds now."""
    if item["epoch"] >= epoch or not item["slot"].startswith(("interact#", OUTPUT_WIDGET)):
        return item
    answer = aws.dynamodb.update_item(
        TableName=aws.settings.table("iopub"),
        Key=to_item({"session_key": item["session_key"], "slot": item["slot"]}),
        UpdateExpression="SET epoch = :epoch",
        ExpressionAttributeValues=to_item({":epoch": epoch}),
        ReturnValues="ALL_NEW",
    )
    return from_item(answer["Attributes"]) or item


def _stored(aws: Clients, session_key: str) -> Iterator[Item]:
    return query(
        aws.dynamodb,
        TableName=aws.settings.table("iopub"),
        KeyConditionExpression="session_key = :key",
        ExpressionAttributeValues=to_item({":key": session_key}),
        ConsistentRead=True,
    )


def _messages(item: Item) -> list[Message]:
    return cast(list[Message], json.loads(item["messages"]))


def replay(aws: Clients, session_key: str, after: int) -> Replay:
    """What a browser that has seen `after` misses, without what a newer state replaced."""
    stored: list[Message] = []
    end: list[Message] = []
    for item in _stored(aws, session_key):
        block = end if item["slot"].startswith(END_BLOCK) else stored
        block += _messages(item)
    if end:
        # A device that was given up may still write; nothing counts that comes after the end was announced.
        stored = [message for message in stored if message["sequence"] < end[0]["sequence"]] + end[:1]
    missed = [message for message in current(stored) if message["sequence"] > after]
    return Replay(missed, max([after, *(message["sequence"] for message in stored)]), bool(end))


def current(messages: Iterable[Message]) -> list[Message]:
    """The messages in order of `sequence`, without what has been replaced.

    Replaced is an older state of a function or of an Output widget, and all of a nested function (`f/g`) from
    before the newest state of the one that it stands in: `f` has made it again since, or not.
    """
    ordered = sorted(messages, key=lambda message: message["sequence"])
    newest: dict[str, tuple[int, int]] = {}
    for message in ordered:
        name, state = replaced_under(message) or ("", 0)
        if name and state > newest.get(name, (-1, 0))[0]:
            newest[name] = (state, message["sequence"])
    return [message for message in ordered if _stands(message, newest)]


def _stands(message: Message, newest: dict[str, tuple[int, int]]) -> bool:
    """Whether nothing replaced it; `newest`: of each function the newest state and its first sequence."""
    name, state = replaced_under(message) or ("", 0)
    if not name:
        return True
    parts = name.split("/")
    above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return state >= newest[name][0] and all(
        message["sequence"] > newest[outer][1] for outer in above if outer in newest
    )
