"""Which partitions of which tables are asked for, and how often."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

Partition = tuple[str, str]
"""A table and a partition's key; of an index the table has the index' name behind it."""

_EQUALS = re.compile(r"^\s*(#?\w+)\s*=\s*(:\w+)")


class Partitions:
    """Counts the requests of a DynamoDB client by partition, from `watch` until `forget`."""

    def __init__(self, client: Any) -> None:
        self._events = client.meta.events
        self._keys = {table: _hash_key(client, table) for table in client.list_tables()["TableNames"]}
        self.requests: Counter[Partition] = Counter()
        self._events.register("before-parameter-build.dynamodb", self._count)

    def forget(self) -> None:
        self._events.unregister("before-parameter-build.dynamodb", self._count)

    def hottest(self) -> tuple[Partition, int]:
        """The partition that was asked most often, and how often."""
        return self.requests.most_common(1)[0]

    def _count(self, params: Mapping[str, Any], **_: Any) -> None:
        self.requests.update(self._asked(params))

    def _asked(self, params: Mapping[str, Any]) -> Iterator[Partition]:
        """Of one call; a Scan has none."""
        for table, asked in params.get("RequestItems", {}).items():
            for key in asked["Keys"]:
                yield table, self._value(table, key)
        table = params.get("TableName", "")
        if found := params.get("Key") or params.get("Item"):
            yield table, self._value(table, found)
        elif condition := _EQUALS.match(params.get("KeyConditionExpression", "")):
            value = params["ExpressionAttributeValues"][condition[2]]
            yield " ".join(filter(None, (table, params.get("IndexName")))), next(iter(value.values()))

    def _value(self, table: str, item: Mapping[str, Any]) -> str:
        return str(item[self._keys[table]]["S"])


def _hash_key(client: Any, table: str) -> str:
    schema = client.describe_table(TableName=table)["Table"]["KeySchema"]
    return next(str(part["AttributeName"]) for part in schema if part["KeyType"] == "HASH")
