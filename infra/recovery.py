"""Brings lost permalinks back: a copy of their table as it was, and from it what is missing or damaged now.

A row's id is the hash of its cell, so that a damaged row is known by itself. What operators did since,
takedowns above all, stays: of a row that is there only its cell is ever written.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import permalinks
from chalicelib.clients import Clients
from chalicelib.items import Item, condition_failed, from_item, to_item

_MADE_WITHIN = 4 * 3600
"""Seconds: AWS takes minutes for a small table, hours for a very large one."""


@dataclass(frozen=True)
class Recovery:
    """How many rows the copy has, and how many of them the table lacks, or has damaged."""

    rows: int = 0
    missing: int = 0
    damaged: int = 0


@contextlib.contextmanager
def copied(aws: Clients, at: datetime | None = None) -> Iterator[str]:
    """A copy of the table as it was, by point-in-time recovery; it is deleted in the end.

    :param at: within the last 35 days; the latest that AWS has (about five minutes ago) if not given.
    :returns: the copy's name.
    """
    source = aws.settings.table("permalinks")
    copy = f"{source}-copy-{int(time.time())}"
    when: dict[str, Any] = {"RestoreDateTime": at} if at else {"UseLatestRestorableTime": True}
    aws.dynamodb.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=copy, **when)
    waiter = aws.dynamodb.get_waiter("table_exists")
    waiter.wait(TableName=copy, WaiterConfig={"Delay": 15, "MaxAttempts": _MADE_WITHIN // 15})
    try:
        yield copy
    finally:
        aws.dynamodb.delete_table(TableName=copy)


def compare(aws: Clients, copy: str, is_drill: bool) -> Recovery:
    """Look at every row of a copy, and write what the table lacks or has damaged.

    :param is_drill: nothing is written.
    """
    rows = missing = damaged = 0
    for row in _rows(aws, copy):
        rows += 1
        known = _current(aws, row["permalink_id"])
        if known is None:
            missing += 1
            if not is_drill:
                _add(aws, row)
        elif not permalinks.is_whole(known) and permalinks.is_whole(row):
            damaged += 1
            if not is_drill:
                _mend(aws, row)
    return Recovery(rows, missing, damaged)


def _rows(aws: Clients, table: str) -> Iterator[Item]:
    for page in aws.dynamodb.get_paginator("scan").paginate(TableName=table):
        yield from (row for item in page["Items"] if (row := from_item(item)))


def _current(aws: Clients, permalink_id: str) -> Item | None:
    key = to_item({"permalink_id": permalink_id})
    answer = aws.dynamodb.get_item(TableName=aws.settings.table("permalinks"), Key=key, ConsistentRead=True)
    return from_item(answer.get("Item"))


def _add(aws: Clients, row: Item) -> None:
    try:
        aws.dynamodb.put_item(
            TableName=aws.settings.table("permalinks"),
            Item=to_item(row),
            ConditionExpression="attribute_not_exists(permalink_id)",
        )
    except ClientError as error:  # somebody has stored the same cell meanwhile
        if condition_failed(error) is None:
            raise


def _mend(aws: Clients, row: Item) -> None:
    aws.dynamodb.update_item(
        TableName=aws.settings.table("permalinks"),
        Key=to_item({"permalink_id": row["permalink_id"]}),
        UpdateExpression="SET cell = :cell",
        ExpressionAttributeValues=to_item({":cell": row["cell"]}),
    )
