"""Plain dictionaries to DynamoDB's typed items and back."""

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = dict[str, Any]
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_item(values: Mapping[str, Any]) -> "dict[str, AttributeValueTypeDef]":
    """Every value typed; what is None is left out."""
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value


def from_item(item: Mapping[str, Any] | None) -> Item | None:
    """The item's values, numbers as int; None when there is no item or it has expired.

    TTL deletion is late by up to days, so an expired item counts as absent
    (DynamoDB developer guide, "Using time to live").
    """
    if not item:
        return None
    values = {name: _plain(_deserialize(value)) for name, value in item.items()}
    expires_at = values.get("expires_at")
    return None if expires_at is not None and expires_at <= time.time() else values


def query(client: Any, **request: Any) -> Iterator[Item]:
    """All live items of a query, page by page."""
    while True:
        page = client.query(**request)
        yield from (item for raw in page["Items"] if (item := from_item(raw)))
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def condition_failed(error: Exception) -> Item | None:
    """The item as it was when a condition failed, {} if there was none or it was not asked for.

    :returns: None when the error is another one.
    """
    response = cast(Mapping[str, Any], getattr(error, "response", {}))
    if response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
        return None
    return from_item(response.get("Item")) or {}
