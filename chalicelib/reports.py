"""What readers report of shared cells: a short row for each cell, all in one partition."""

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.clients import Clients
from chalicelib.items import Item, condition_failed, query, to_item

KEPT = 5
"""How many reasons of a cell are kept: the last ones."""
LASTS = 90 * 24 * 3600
"""Seconds after the last report in which an operator should have looked."""
_PARTITION = "reported"


@dataclass(frozen=True)
class Reported:
    """A cell that readers have reported."""

    permalink_id: str
    reports: int
    reported_at: int
    reasons: tuple[str, ...]


def add(aws: Clients, permalink_id: str, reason: str) -> None:
    """Count a report; its reason takes the place of the oldest one that is kept."""
    now = int(time.time())
    answer = _update(
        aws,
        permalink_id,
        UpdateExpression="ADD reports :one SET reported_at = :now, expires_at = :expires_at",
        ExpressionAttributeValues=to_item({":one": 1, ":now": now, ":expires_at": now + LASTS}),
        ReturnValues="UPDATED_NEW",
    )
    place = int(answer["Attributes"]["reports"]["N"]) % KEPT
    try:
        _update(
            aws,
            permalink_id,
            UpdateExpression="SET #reason = :reason",
            # It may have been dismissed meanwhile: a row with nothing but a reason could not be listed.
            ConditionExpression="attribute_exists(reports)",
            ExpressionAttributeNames={"#reason": f"reason_{place}"},
            ExpressionAttributeValues=to_item({":reason": reason}),
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise


def listed(aws: Clients) -> list[Reported]:
    """The reported cells that no operator has dealt with, the most reported first."""
    rows = query(
        aws.dynamodb,
        TableName=aws.settings.table("reports"),
        KeyConditionExpression="#partition = :partition",
        ExpressionAttributeNames={"#partition": "partition"},
        ExpressionAttributeValues=to_item({":partition": _PARTITION}),
    )
    return sorted(map(_reported, rows), key=lambda one: (-one.reports, one.permalink_id))


def dismiss(aws: Clients, permalink_id: str) -> None:
    """An operator has dealt with what was reported of a cell."""
    aws.dynamodb.delete_item(TableName=aws.settings.table("reports"), Key=_key(permalink_id))


def _key(permalink_id: str) -> Any:
    return to_item({"partition": _PARTITION, "permalink_id": permalink_id})


def _update(aws: Clients, permalink_id: str, **change: Any) -> Any:
    return aws.dynamodb.update_item(TableName=aws.settings.table("reports"), Key=_key(permalink_id), **change)


def _reported(row: Item) -> Reported:
    """The newest reason first: they are kept in the places of a ring."""
    places = [f"reason_{(row['reports'] - back) % KEPT}" for back in range(KEPT)]
    reasons = tuple(row[place] for place in places if place in row)
    return Reported(row["permalink_id"], row["reports"], row["reported_at"], reasons)
