"""The buffers towards the session: one table per channel of requests, and latest-wins for interacts."""

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib import queues, sessions, tokens, uploads
from chalicelib.clients import Clients
from chalicelib.errors import Busy, LongwireError, StaleState
from chalicelib.frames import dumps, how_many_fit
from chalicelib.items import Item, condition_failed, query, to_item
from chalicelib.messages import Message, interact_of
from chalicelib.schemas import IN_TURN
from chalicelib.sessions import Session
from chalicelib.trouble import AwsError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

MAX_TAKEN_BYTES = 2 * 1024 * 1024
MAX_WAITING_BYTES = 16 * 1024 * 1024
"""What a Lambda reads of what waits for a session."""
_MOST_AT_ONCE = 25
"""Rows that one BatchWriteItem takes."""


@dataclass(frozen=True)
class Request:
    """A message that waits for a session, and the sort key of its row."""

    key: str
    message: Message


def send(aws: Clients, session_id: str, session: Callable[[], Session], message: Message) -> None:
    """Write a request into its channel's table and bring it to whoever has to serve it.

    What raises has not been done: a request of which nobody was told is taken back. (A change of controls
    stays: it is sent again, or a newer one, and brought then.)

    :param session: reads the session; not called before the request is written, so that a call which reads
        it can be under way meanwhile.
    :raises SessionEnded: it has ended.
    :raises StaleState: a newer state of the same function was written.
    """
    channel, mark = message["channel"], interact_of(message)
    if mark:
        request = Request(f"interact#{mark[0]}", message)
        _overwrite(aws, session_id, request.key, mark[1], message)
    else:
        kind = "exec" if message["header"]["msg_type"] in IN_TURN else "request"
        request = Request(f"{kind}#{tokens.new_key()}", message)
        _append(aws, session_id, channel, request.key, message)
    try:
        _bring(aws, sessions.require_live(session()), channel, request)
    except (LongwireError, *AwsError):
        with contextlib.suppress(*AwsError):
            done(aws, session_id, channel, [request.key])
        raise


def _bring(aws: Clients, session: Session, channel: str, request: Request) -> None:
    # A device may have claimed it since it was read; the pool's queue would not reach that one any more.
    doorbell = session.doorbell or sessions.get(aws, session.session_id).doorbell
    if doorbell:
        message = uploads.linked(aws, session.session_id, request.message)
        queues.ring(aws, doorbell, session.session_id, channel, {"key": request.key, "message": message})
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


def _overwrite(aws: Clients, session_id: str, key: str, state: int, message: Message) -> None:
    """Put a change of controls over an older one of the same function ("Latest wins", step 1).

    The row stays when it has been run, so that an older state is refused for as long as the session lives.

    :raises StaleState: the row has a newer state.
    """
    row = {
        "session_id": session_id,
        "key": key,
        "state": state,
        "message": dumps(message),
        "written_at": time.time_ns() // 1_000_000,
        "expires_at": int(time.time()) + aws.settings.message_ttl,
    }
    try:
        aws.dynamodb.put_item(
            TableName=aws.settings.table("shell"),
            Item=to_item(row),
            ConditionExpression="attribute_not_exists(#state) OR #state < :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=to_item({":state": state}),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        held = condition_failed(error)
        if held is None:
            raise
        if held.get("state") != state or _msg_id(held) != message["header"]["msg_id"]:
            newest, name = held.get("state"), key.removeprefix("interact#")
            raise StaleState(
                f"metadata.interact.state: state {newest} of {name} was written already",
                "metadata.interact.state",
                function_name=name,
                state=newest,
            ) from error
        # The same message again: what brought it the first time may have been lost.


def _msg_id(item: Item) -> Any:
    return json.loads(item["message"])["header"]["msg_id"]


def waiting(aws: Clients, session_id: str, channel: str) -> tuple[list[Item], bool]:
    """Rows of a session in a channel's table, oldest first, and whether there are more than are read at once.

    (Whoever has a session's token may write as much as he likes, and only his session shall suffer of it.)
    """
    rows: list[Item] = []
    size = 0
    for row in query(
        aws.dynamodb,
        TableName=aws.settings.table(channel),
        KeyConditionExpression="session_id = :session",
        ExpressionAttributeValues=to_item({":session": session_id}),
        ConsistentRead=True,
    ):
        size += len(row["message"])
        if rows and size > MAX_WAITING_BYTES:
            return rows, True
        rows.append(row)
    return rows, False


def unserved(rows: list[Item], states: Mapping[str, int]) -> list[Request]:
    """The requests among a channel's rows: oldest first, then changes, that written longest ago first.

    They stay until `done`, so that a lost answer loses none.

    :param states: the newest state of each function that the caller has got already.
    """
    plain = [row for row in rows if not is_change(row)]
    changes = [row for row in rows if is_change(row)]
    newer = [row for row in changes if row["state"] > states.get(row["key"].removeprefix("interact#"), 0)]
    return [_request(row) for row in (*plain, *sorted(newer, key=lambda row: row.get("written_at", 0)))]


def is_change(row: Item) -> bool:
    """Whether a row of `shell` is the newest change of a function's controls."""
    return bool(row["key"].startswith("interact#"))


def _request(row: Item) -> Request:
    return Request(row["key"], json.loads(row["message"]))


def fitting(requests: list[Request]) -> list[Request]:
    """As many of the first requests as one answer may hold, at least one."""
    return requests[: how_many_fit([request.message for request in requests], MAX_TAKEN_BYTES)]


def done(aws: Clients, session_id: str, channel: str, keys: list[str]) -> None:
    """Remove requests that have been served; idempotent. Rows of interact functions stay, for their state.

    :raises Busy: the tables took not all of it.
    """
    table = aws.settings.table(channel)
    plain = [key for key in dict.fromkeys(keys) if not key.startswith("interact#")]
    for start in range(0, len(plain), _MOST_AT_ONCE):
        deletions: list[WriteRequestTypeDef] = [
            {"DeleteRequest": {"Key": to_item({"session_id": session_id, "key": key})}}
            for key in plain[start : start + _MOST_AT_ONCE]
        ]
        if aws.dynamodb.batch_write_item(RequestItems={table: deletions}).get("UnprocessedItems"):
            raise Busy("the tables do not keep up, ask again")
