"""Who watches: a row by session and connection, and a pointer row by connection alone."""

import logging
import time
from dataclasses import dataclass, replace
from typing import cast

from botocore.exceptions import ClientError

from chalicelib import tokens
from chalicelib.clients import Clients
from chalicelib.errors import TooManyWatchers
from chalicelib.frames import MAX_POST_BYTES, frames
from chalicelib.items import condition_failed, from_item, query, to_item
from chalicelib.messages import Message
from chalicelib.terms import USUAL, Terms

log = logging.getLogger(__name__)

MAX_WATCHERS = 500
"""Connections that only watch one session: each costs its device a post for every flush."""


@dataclass(frozen=True)
class Connection:
    """A websocket: the session that it watches (if any), and what a new session of it would be like.

    `watches_only`: it may ask nothing of its session.
    `who`, `site`: whom a new session is counted for, and the origin of the page, as the handshake had them;
    `who_until`: when that is not good any more, in seconds since 1970.
    """

    connection_id: str
    session_id: str | None = None
    terms: Terms = USUAL
    watches_only: bool = False
    who: str | None = None
    who_until: int | None = None
    site: str | None = None


def _pointer(connection_id: str) -> dict[str, str]:
    return {"session_id": f"connection#{connection_id}", "connection_id": connection_id}


def record(aws: Clients, connection: Connection) -> str | None:
    """Keep what is known of the connection, by its own id; one that has its session keeps that.

    :returns: the id of the session that it watches now.
    """
    item = {
        **_pointer(connection.connection_id),
        "watches": connection.session_id,
        "watches_only": connection.watches_only,
        **connection.terms.__dict__,
        "who": connection.who,
        "who_until": connection.who_until,
        "site": connection.site,
        "expires_at": int(time.time()) + aws.settings.connection_ttl,
    }
    try:
        aws.dynamodb.put_item(
            TableName=aws.settings.table("connections"),
            Item=to_item(item),
            ConditionExpression="attribute_not_exists(watches)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        held = condition_failed(error)
        if held is None:
            raise
        return str(held["watches"])
    return connection.session_id


def find(aws: Clients, connection_id: str) -> Connection:
    """The connection by its id; one that is not recorded watches nothing.

    A connection has one session for life, so what is once known need not be read again.
    """
    if known := aws.watched.get(connection_id):
        return cast(Connection, known)
    found = _read(aws, connection_id)
    if found.session_id:
        aws.watched[connection_id] = found
    return found


def _read(aws: Clients, connection_id: str) -> Connection:
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("connections"), Key=to_item(_pointer(connection_id)), ConsistentRead=True
    )
    item = from_item(answer.get("Item")) or {}
    return Connection(
        connection_id,
        item.get("watches"),
        Terms.of(item),
        bool(item.get("watches_only")),
        item.get("who"),
        item.get("who_until"),
        item.get("site"),
    )


def attach(aws: Clients, connection: Connection, session_id: str, after: int) -> bool:
    """Let the connection watch the session from sequence `after` on.

    :returns: whether it is new there, so that the device has to be told; also when the answer was lost, and
        the SDK has asked again.
    """
    item = {
        "mark": tokens.new_id(),
        "session_id": session_id,
        "connection_id": connection.connection_id,
        "after": after,
        "watches_only": connection.watches_only,
        "expires_at": int(time.time()) + aws.settings.connection_ttl,
    }
    answer = aws.dynamodb.put_item(
        TableName=aws.settings.table("connections"), Item=to_item(item), ReturnValues="ALL_OLD"
    )
    if connection.session_id != session_id:
        record(aws, replace(connection, session_id=session_id))
    before = from_item(answer.get("Attributes"))
    return before is None or before.get("mark") == item["mark"]


def adopt(aws: Clients, connection: Connection, session_id: str) -> str:
    """Give a connection that watches nothing its new session, unless another request was faster.

    :returns: the id of the session that it watches now.
    """
    mine = replace(connection, session_id=session_id)
    winner = record(aws, mine)
    if winner == session_id:
        attach(aws, mine, session_id, 0)
    return winner or session_id


def watchers(aws: Clients, session_id: str) -> dict[str, int]:
    """connection_id: the sequence after which it wants messages, for all that watch the session."""
    items = query(
        aws.dynamodb,
        TableName=aws.settings.table("connections"),
        KeyConditionExpression="session_id = :session",
        ExpressionAttributeValues=to_item({":session": session_id}),
        ConsistentRead=True,
    )
    return {item["connection_id"]: item["after"] for item in items}


def require_room(aws: Clients, session_id: str) -> None:
    """Room for one more connection that only watches; those that come at once may all find the last place.

    :raises TooManyWatchers: there is none.
    """
    answer = aws.dynamodb.query(
        TableName=aws.settings.table("connections"),
        Select="COUNT",
        KeyConditionExpression="session_id = :session",
        FilterExpression="watches_only = :yes AND expires_at > :now",
        ExpressionAttributeValues=to_item({":session": session_id, ":yes": True, ":now": int(time.time())}),
        ConsistentRead=True,
    )
    if answer["Count"] >= MAX_WATCHERS:
        raise TooManyWatchers(
            f"content.token: {MAX_WATCHERS} connections watch this session, which takes no more: try later",
            "content.token",
            at_most=MAX_WATCHERS,
        )


def forget(aws: Clients, connection_id: str) -> None:
    """The connection is gone: remove its rows; idempotent."""
    aws.watched.pop(connection_id, None)
    table = aws.settings.table("connections")
    answer = aws.dynamodb.delete_item(
        TableName=table, Key=to_item(_pointer(connection_id)), ReturnValues="ALL_OLD"
    )
    watches = (from_item(answer.get("Attributes")) or {}).get("watches")
    if watches:
        unwatch(aws, watches, connection_id)


def unwatch(aws: Clients, session_id: str, connection_id: str) -> None:
    key = to_item({"session_id": session_id, "connection_id": connection_id})
    aws.dynamodb.delete_item(TableName=aws.settings.table("connections"), Key=key)


def post(aws: Clients, connection_id: str, messages: list[Message]) -> bool:
    """Send messages down the websocket, in order, in as few frames as fit.

    :returns: False when the connection is gone.
    """
    return post_frames(aws, connection_id, frames(messages, MAX_POST_BYTES))


def post_frames(aws: Clients, connection_id: str, texts: list[str]) -> bool:
    """Send ready frames, for when several connections get the same.

    :returns: False when the connection is gone (410 is how API Gateway says so, no error).
    """
    try:
        for text in texts:
            aws.connections.post_to_connection(ConnectionId=connection_id, Data=text.encode())
    except aws.connections.exceptions.GoneException:
        return False
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # A connection id that API Gateway never gave out is refused as a bad request.
        if code == "BadRequestException":
            return False
        if code != "PayloadTooLargeException":
            raise
        # Whoever makes messages keeps them below the limit; one that is not must not be tried for ever.
        log.error("a frame of up to %s characters was too large to be posted", max(map(len, texts)))
    return True
