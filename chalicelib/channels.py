"""The buffers towards the session: one table per channel of requests, and latest-wins for interacts."""

import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import queues, sessions, tokens
from chalicelib.clients import Clients
from chalicelib.errors import StaleState
from chalicelib.items import Item, condition_failed, from_item, query, to_item
from chalicelib.messages import Message, dumps, how_many_fit, interact_of
from chalicelib.sessions import Session
from chalicelib.trouble import AwsError

MAX_TAKEN_BYTES = 2 * 1024 * 1024
RING_AGAIN_AFTER_MS = 1500
"""A browser has one change in flight and sends the next, or the same again, after 2 s without an answer."""
_TAKE_TRIES = 8


@dataclass(frozen=True)
class Request:
    """A message that waits for a session, and the sort key of its row."""

    key: str
    message: Message


def send(aws: Clients, session: Session, message: Message) -> None:
    """Write a request into its channel's table and ring whoever has to hear it.

    What raises has not been done: a request of which nobody was told is taken back. (A change of controls
    stays: it is sent again, or a newer one, and rings then.)

    :raises StaleState: a newer state of the same function was written.
    """
    if interact_of(message):
        if _overwrite(aws, session.session_id, message):
            _ring(aws, session, message["channel"])
        return
    kind = "exec" if message["header"]["msg_type"] == "execute_request" else "request"
    key = f"{kind}#{tokens.new_key()}"
    _append(aws, session.session_id, message["channel"], key, message)
    try:
        _ring(aws, session, message["channel"])
    except AwsError:
        with contextlib.suppress(*AwsError):
            done(aws, session.session_id, message["channel"], [key])
        raise


def _ring(aws: Clients, session: Session, channel: str) -> None:
    # A device may have claimed it since it was read; the pool's queue would not reach that one any more.
    doorbell = session.doorbell or sessions.get(aws, session.session_id).doorbell
    if doorbell:
        queues.ring(aws, doorbell, session.session_id, channel)
    else:
        queues.ring(aws, queues.pool_url(aws, session.pool), session.session_id)


def _append(aws: Clients, session_id: str, channel: str, key: str, message: Message) -> None:
    item = {
        "session_id": session_id,
        "key": key,
        "message": dumps(message),
        "expires_at": int(time.time()) + aws.settings.message_ttl,
    }
    aws.dynamodb.put_item(TableName=aws.settings.table(channel), Item=to_item(item))


def _overwrite(aws: Clients, session_id: str, message: Message) -> bool:
    """Put a change of controls over an older one of the same function ("Latest wins", steps 1 and 2).

    `pending_since` (ms) is there exactly while nobody has taken the row. The row stays when it is taken, so
    that an older state is refused for as long as the session lives.

    :returns: whether the device has to be told: nothing was pending, or its ring seems lost.
    :raises StaleState: the row has a newer state.
    """
    name, state = interact_of(message) or ("", 0)
    now = time.time_ns() // 1_000_000
    row = {
        "session_id": session_id,
        "key": f"interact#{name}",
        "state": state,
        "message": dumps(message),
        "pending_since": now,
        "expires_at": int(time.time()) + aws.settings.message_ttl,
    }
    try:
        answer = aws.dynamodb.put_item(
            TableName=aws.settings.table("shell"),
            Item=to_item(row),
            ConditionExpression="attribute_not_exists(#state) OR #state < :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=to_item({":state": state}),
            ReturnValues="ALL_OLD",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        replaced = from_item(answer.get("Attributes"))
    except ClientError as error:
        replaced = condition_failed(error)
        if replaced is None:
            raise
        if replaced.get("state") != state or _msg_id(replaced) != message["header"]["msg_id"]:
            newest = replaced.get("state")
            raise StaleState(
                f"metadata.interact.state: state {newest} of {name} was written already",
                "metadata.interact.state",
                function_name=name,
                state=newest,
            ) from error
        # The same message again: a retry of a request whose ring may have been lost.
        return "pending_since" in replaced
    pending_since = (replaced or {}).get("pending_since")
    return pending_since is None or now - pending_since > RING_AGAIN_AFTER_MS


def _msg_id(item: Item) -> Any:
    return json.loads(item["message"])["header"]["msg_id"]


def waiting(aws: Clients, session_id: str, channel: str) -> list[Item]:
    """All rows of a session in a channel's table, oldest first."""
    return list(
        query(
            aws.dynamodb,
            TableName=aws.settings.table(channel),
            KeyConditionExpression="session_id = :session",
            ExpressionAttributeValues=to_item({":session": session_id}),
            ConsistentRead=True,
        )
    )


def take(rows: list[Item]) -> list[Request]:
    """The plain requests of a channel. They stay until `done`, so that a lost answer loses none."""
    return [_request(row) for row in rows]


def pending(rows: list[Item]) -> dict[str, int]:
    """function_name: state of the changes of controls that nobody has taken."""
    changes = (row for row in rows if row["key"].startswith("interact#") and "pending_since" in row)
    return {row["key"].removeprefix("interact#"): row["state"] for row in changes}


def executions(rows: list[Item]) -> set[str]:
    """The keys of the executions that wait."""
    changes = {f"interact#{name}" for name in pending(rows)}
    return changes | {row["key"] for row in rows if row["key"].startswith("exec#")}


def take_shell(aws: Clients, rows: list[Item], states: dict[str, int], busy: bool) -> list[Request]:
    """What the kernel should get next: all that is no execution, and at most one execution unless `busy`.

    One at a time, so that no change of controls is taken before it can run ("Latest wins", step 3).

    :param rows: all that waits on shell.
    :param states: the newest state of each function that the caller has got already.
    """
    others = [_request(row) for row in rows if row["key"].startswith("request#")]
    if busy:
        return others
    for row in rows:
        if row["key"].startswith("exec#"):
            return [*others, _request(row)]
    changes = [row for row in rows if row["key"].startswith("interact#")]
    changes = [row for row in changes if row["state"] > states.get(row["key"].removeprefix("interact#"), 0)]
    # The one that was written longest ago goes first: a control in mid-drag does not starve another.
    for row in sorted(changes, key=lambda row: row.get("pending_since", 0)):
        return [*others, _take_change(aws, row)]
    return others


def _take_change(aws: Clients, row: Item) -> Request:
    """Take the newest state of a function: if the row has changed since it was read, take what it has now."""
    for _ in range(_TAKE_TRIES):
        try:
            taken = {name: value for name, value in row.items() if name != "pending_since"}
            aws.dynamodb.put_item(
                TableName=aws.settings.table("shell"),
                Item=to_item(taken),
                ConditionExpression="#state = :state",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=to_item({":state": row["state"]}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
            break
        except ClientError as error:
            newer = condition_failed(error)
            if not newer:
                raise
            row = newer
    return _request(row)


def _request(row: Item) -> Request:
    return Request(row["key"], json.loads(row["message"]))


def fitting(requests: list[Request]) -> list[Request]:
    """As many of the first requests as one answer may hold, at least one."""
    return requests[: how_many_fit([request.message for request in requests], MAX_TAKEN_BYTES)]


def done(aws: Clients, session_id: str, channel: str, keys: list[str]) -> None:
    """Remove requests that have been served; idempotent. Rows of interact functions stay, for their state."""
    for key in keys:
        if not key.startswith("interact#"):
            aws.dynamodb.delete_item(
                TableName=aws.settings.table(channel), Key=to_item({"session_id": session_id, "key": key})
            )
