"""Takes three costs out of moto's DynamoDB that grow with everything ever stored.

moto 5.2.5 sorts the whole table for every Query, copies every table for every TransactWriteItems, and
remembers every item that it ever made. All three are put right without a change in what is answered.
"""

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.core.common_models import BaseModel
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


@dataclass(frozen=True)
class Asked:
    """What the Query that is being answered asks for."""

    hash_key: Any
    is_index: bool
    comparison: str
    bounds: list[str]


# Comparisons of a text sort key, as moto names them; it tries every item of the partition, and slowly.
COMPARISONS: dict[str, Callable[[str, list[str]], bool]] = {
    "=": lambda text, bounds: text == bounds[0],
    "<": lambda text, bounds: text < bounds[0],
    "<=": lambda text, bounds: text <= bounds[0],
    ">": lambda text, bounds: text > bounds[0],
    ">=": lambda text, bounds: text >= bounds[0],
    "BEGINS_WITH": lambda text, bounds: text.startswith(bounds[0]),
    "BETWEEN": lambda text, bounds: bounds[0] <= text <= bounds[1],
}

_asked: list[Asked] = []


def apply() -> None:
    """Change moto's classes in this process. Requests must come one at a time from here on."""
    model: Any = BaseModel
    table: Any = Table
    backend: Any = DynamoDBBackend
    model.__new__ = _new_untracked
    table.query = _query_of(table.query)
    table.all_items = _all_items_of(table.all_items)
    table.__deepcopy__ = _copy_table
    backend.update_item = _update_item_of(backend.update_item)


def _new_untracked(cls: type, *args: Any, **kwargs: Any) -> Any:
    return object.__new__(cls)


def _query_of(query: Callable[..., Any]) -> Callable[..., Any]:
    arguments = inspect.signature(query)

    def partition_query(*args: Any, **kwargs: Any) -> Any:
        given = arguments.bind(*args, **kwargs).arguments
        asked = Asked(
            hash_key=given["hash_key"],
            is_index=bool(given.get("index_name")),
            comparison=str(given.get("range_comparison") or "").upper(),
            bounds=[str(bound.value) for bound in given.get("range_objs") or []],
        )
        _asked.append(asked)
        try:
            return query(*args, **kwargs)
        finally:
            _asked.pop()

    return partition_query


def _all_items_of(all_items: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def items_for_query(table: Any) -> list[Any]:
        if not _asked:
            return all_items(table)
        asked = _asked[-1]
        if asked.is_index:
            groups = table.items.values()
        else:
            groups = [table.items[asked.hash_key]] if asked.hash_key in table.items else []
        if not table.range_key_attr:
            return list(groups)
        items = [item for group in groups for item in group.values()]
        if asked.is_index or table.range_key_type != "S":
            return items
        fits = COMPARISONS.get(asked.comparison)
        if fits is not None:
            items = [item for item in items if fits(item.range_key.value, asked.bounds)]
        # moto sorts them anyhow, with a slow comparison; sorting what is in order needs the fewest of those.
        items.sort(key=_range_text)
        return items

    return items_for_query


def _range_text(item: Any) -> str:
    return str(item.range_key.value)


def _copy_table(table: Any, memo: dict[int, Any]) -> Any:
    """Copy a table for TransactWriteItems' rollback; items are shared, as nothing changes one in place."""
    copied = table.__class__.__new__(table.__class__)
    memo[id(table)] = copied
    copied.__dict__.update(table.__dict__)
    copied.items = copy.copy(table.items)
    if table.range_key_attr:
        for key, group in list(copied.items.items()):
            copied.items[key] = copy.copy(group)
    return copied


def _update_item_of(update_item: Callable[..., Any]) -> Callable[..., Any]:
    def update_a_copy(backend: Any, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        table = backend.get_table(table_name)
        hash_key = DynamoType(key[table.hash_key_attr]) if table.hash_key_attr in key else None
        group = table.items.get(hash_key)
        if group is not None and not table.range_key_attr:
            table.items[hash_key] = copy.deepcopy(group)
        elif group is not None and table.range_key_attr in key:
            range_key = DynamoType(key[table.range_key_attr])
            if range_key in group:
                group[range_key] = copy.deepcopy(group[range_key])
        return update_item(backend, table_name, key, *args, **kwargs)

    return update_a_copy
