"""Takes three costs out of moto's DynamoDB that grow with everything ever stored.

moto 5.2.5 sorts the whole table for every Query, copies every table for every TransactWriteItems, and
remembers every item that it ever made. All three are put right without a change in what is answered.
"""

import copy
import inspect
from collections.abc import Callable
from typing import Any

from moto.core.common_models import BaseModel
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_queried: list[tuple[Any, bool]] = []


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
        _queried.append((given["hash_key"], bool(given.get("index_name"))))
        try:
            return query(*args, **kwargs)
        finally:
            _queried.pop()

    return partition_query


def _all_items_of(all_items: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def items_for_query(table: Any) -> list[Any]:
        if not _queried:
            return all_items(table)
        hash_key, is_index = _queried[-1]
        if is_index:
            groups = table.items.values()
        else:
            groups = [table.items[hash_key]] if hash_key in table.items else []
        if not table.range_key_attr:
            return list(groups)
        if is_index or table.range_key_type != "S":
            return [item for group in groups for item in group.values()]
        # moto sorts them anyhow, with a slow comparison; sorting what is in order needs the fewest of those.
        return sorted((item for group in groups for item in group.values()), key=_range_text)

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
