"""How many sessions of one identity may live at once: a set of their ids in one row, which heals by itself.

Nobody has to say that a session has ended, since that may get lost: when the set is full, those that are over
are looked up and taken out. That is one reading of all for every so many sessions that were begun.
"""

import time
from collections.abc import Iterable

from botocore.exceptions import ClientError

from chalicelib import sessions
from chalicelib.clients import Clients
from chalicelib.errors import SessionNotFound, StaleLease
from chalicelib.identity import Identity
from chalicelib.items import Item, condition_failed, from_item, to_item

UNWRITTEN_AT_MOST = 60
"""Seconds in which a session that has taken its place must have its row."""
UNCLAIMED_AT_MOST = 600
"""Seconds after which one that no device has taken counts no longer: it may never have been rung for."""
_AT_ONCE = 100
"""Keys that one BatchGetItem takes."""


def take(aws: Clients, identity: Identity, session_id: str, limit: int) -> bool:
    """:returns: False when as many as `limit` live already, never more however many ask at once."""
    return _add(aws, identity, session_id, limit) or (
        _heal(aws, identity) and _add(aws, identity, session_id, limit)
    )


def leave(aws: Clients, identity: Identity, places: Iterable[str]) -> None:
    """Take sessions out of the set.

    :param places: as the row has them.
    """
    aws.dynamodb.update_item(
        TableName=aws.settings.table("usage"),
        Key=_key(identity),
        UpdateExpression="DELETE #live :places",
        ExpressionAttributeNames={"#live": "live"},
        ExpressionAttributeValues=to_item({":places": set(places)}),
    )


def held(aws: Clients, identity: Identity) -> list[str]:
    """The places that are taken: `<time, in seconds since 1970>-<session_id>` each."""
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("usage"), Key=_key(identity), ConsistentRead=True
    )
    # As it is, and not through `from_item`: what has expired counts until it is gone.
    return list(answer.get("Item", {}).get("live", {}).get("SS", []))


def free(aws: Clients, identity: Identity, session_id: str) -> None:
    """A session that took its place has not been made."""
    mine = [place for place in held(aws, identity) if _session_of(place) == session_id]
    if mine:
        leave(aws, identity, mine)


def _key(identity: Identity) -> Item:
    return to_item({"who": identity.name, "counter": "live"})


def _add(aws: Clients, identity: Identity, session_id: str, limit: int) -> bool:
    now = int(time.time())
    place = f"{now}-{session_id}"
    values = {":places": {place}, ":place": place, ":limit": limit, ":until": now + aws.settings.session_ttl}
    try:
        aws.dynamodb.update_item(
            TableName=aws.settings.table("usage"),
            Key=_key(identity),
            UpdateExpression="ADD #live :places SET expires_at = :until",
            # It is there already when the answer was lost, and the SDK asks again.
            ConditionExpression="attribute_not_exists(#live) OR size(#live) < :limit"
            " OR contains(#live, :place)",
            ExpressionAttributeNames={"#live": "live"},
            ExpressionAttributeValues=to_item(values),
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        return False
    return True


def _heal(aws: Clients, identity: Identity) -> bool:
    """:returns: whether there was a session to be taken out."""
    over = [place for place, row, age in _looked_up(aws, held(aws, identity)) if _is_over(aws, row, age)]
    if over:
        leave(aws, identity, over)
    return bool(over)


def _is_ended(aws: Clients, session_id: str) -> bool:
    """End a session that still waits: it could be rung for later, and live without a place."""
    try:
        session = sessions.get(aws, session_id)
        if session.status == "queued":
            session = sessions.end(aws, session, "idle")
    except SessionNotFound:
        return True
    except StaleLease:
        return False  # a device was faster
    return not session.live


def _session_of(place: str) -> str:
    return place.partition("-")[2]


def _looked_up(aws: Clients, places: list[str]) -> Iterable[tuple[str, Item | None, float]]:
    """Each place with its session's row, if there is one, and its age in seconds."""
    table, now = aws.settings.table("sessions"), time.time()
    for start in range(0, len(places), _AT_ONCE):
        some = {_session_of(place): place for place in places[start : start + _AT_ONCE]}
        keys = [to_item({"session_id": session_id}) for session_id in some]
        answer = aws.dynamodb.batch_get_item(
            RequestItems={
                table: {
                    "Keys": keys,
                    "ConsistentRead": True,
                    "ProjectionExpression": "session_id, #status, expires_at",
                    "ExpressionAttributeNames": {"#status": "status"},
                }
            }
        )
        if answer.get("UnprocessedKeys"):
            continue  # nothing is known of some of them: they live
        rows = {row["session_id"]: row for raw in answer["Responses"][table] if (row := from_item(raw))}
        for session_id, place in some.items():
            yield place, rows.get(session_id), now - int(place.partition("-")[0])


def _is_over(aws: Clients, row: Item | None, age: float) -> bool:
    if row is None:
        return age >= UNWRITTEN_AT_MOST
    if row["status"] == "queued":
        return age >= UNCLAIMED_AT_MOST and _is_ended(aws, row["session_id"])
    return row["status"] in ("ended", "lost")
