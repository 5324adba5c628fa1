"""Cells that are kept for good under the hash of what they say, until an operator takes one down."""

import hashlib
import json
import time
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.clients import Clients
from chalicelib.errors import MessageTooLarge, PermalinkNotFound, PermalinkTakenDown
from chalicelib.frames import dumps
from chalicelib.items import Item, condition_failed, from_item, to_item

MAX_BYTES = 256 * 1024


def store(aws: Clients, cell: dict[str, Any]) -> str:
    """The id of a cell; the same cell has the same id, and is written once.

    :param cell: checked, with its defaults.
    :raises PermalinkTakenDown: this very cell was taken down.
    """
    text = _canonical(cell)
    if len(text.encode()) > MAX_BYTES:
        raise MessageTooLarge(f"code: the cell has more than {MAX_BYTES} bytes", "code")
    permalink_id = _id(text)
    try:
        aws.dynamodb.put_item(
            TableName=aws.settings.table("permalinks"),
            Item=to_item({"permalink_id": permalink_id, "cell": text}),
            ConditionExpression="attribute_not_exists(permalink_id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        known = condition_failed(error)
        if known is None:
            raise
        _require_served(known)
    return permalink_id


def load(aws: Clients, permalink_id: str) -> dict[str, Any]:
    """A cell as it was stored.

    :raises PermalinkNotFound: nothing is stored under this id.
    :raises PermalinkTakenDown: an operator has taken it down.
    """
    row = found(aws, permalink_id)
    _require_served(row)
    cell: dict[str, Any] = json.loads(row["cell"])
    return cell


def found(aws: Clients, permalink_id: str) -> Item:
    """The row of a cell, taken down or not: `cell` is its JSON, `taken_down` why it is not served.

    :raises PermalinkNotFound: nothing is stored under this id.
    """
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("permalinks"), Key=_key(permalink_id), ConsistentRead=True
    )
    row = from_item(answer.get("Item"))
    if row is None:
        raise PermalinkNotFound("nothing is stored under this id", "id")
    return row


def is_whole(row: Item) -> bool:
    """Whether a row still holds the cell that its id is made from."""
    return bool(row["permalink_id"] == _id(str(row.get("cell", ""))))


def take_down(aws: Clients, permalink_id: str, reason: str) -> None:
    """Serve a cell no more, nor store it again; it stays in the table, so that this can be undone.

    :param reason: told to whoever opens the link.
    :raises PermalinkNotFound: nothing is stored under this id.
    """
    _change(
        aws,
        permalink_id,
        "nothing is stored under this id",
        UpdateExpression="SET taken_down = :reason, taken_down_at = :now",
        ConditionExpression="attribute_exists(permalink_id)",
        ExpressionAttributeValues=to_item({":reason": reason, ":now": int(time.time())}),
    )


def restore(aws: Clients, permalink_id: str) -> None:
    """Serve a cell again.

    :raises PermalinkNotFound: no cell with this id is taken down.
    """
    _change(
        aws,
        permalink_id,
        "no cell with this id is taken down",
        UpdateExpression="REMOVE taken_down, taken_down_at",
        ConditionExpression="attribute_exists(taken_down)",
    )


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _key(permalink_id: str) -> Any:
    return to_item({"permalink_id": permalink_id})


def _canonical(cell: dict[str, Any]) -> str:
    """The one text of a cell: keys in order, on every level."""
    return dumps(json.loads(json.dumps(cell, sort_keys=True)))


def _require_served(row: Item) -> None:
    if "taken_down" in row:
        reason = row["taken_down"]
        raise PermalinkTakenDown(f"the operator has taken this cell down: {reason}", "id", reason=reason)


def _change(aws: Clients, permalink_id: str, otherwise: str, **change: Any) -> None:
    try:
        aws.dynamodb.update_item(TableName=aws.settings.table("permalinks"), Key=_key(permalink_id), **change)
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        raise PermalinkNotFound(otherwise, "id") from None
