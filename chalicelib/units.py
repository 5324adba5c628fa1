"""What AWS bills a request as: units of tables, parts of queue messages and of websocket messages."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.frames import length

WRITE_BYTES = 1024
"""DynamoDB, on demand: a write unit is 1 KB or part of it of one item."""
READ_BYTES = 4096
"""A read unit is 4 KB or part of it; half of one where the newest state is not asked for."""
QUEUE_BYTES = 64 * 1024
"""SQS: a request is 64 KB or part of it."""
POST_BYTES = 32 * 1024
"""API Gateway: a websocket message is 32 KB or part of it."""

Values = Mapping[str, Any]


def parts(size: int, of: int) -> int:
    """How many parts of `of` bytes `size` bytes are: one that is not full counts, and nothing is one."""
    return max(1, -(-size // of))


def of(operation: str, request: Values, answer: Values) -> float:
    """The units of one call; of an operation that is not known here 1.

    :param operation: as botocore names it, "PutItem".
    :param request: the parameters of the call.
    :param answer: the parsed answer, of a refused call too.
    """
    rule = _RULES.get(operation)
    return rule(request, answer) if rule else 1


def item_bytes(item: Values) -> int:
    """The size of a typed item (DynamoDB developer guide, "DynamoDB item sizes and formats")."""
    return sum(length(name) + _value_bytes(value) for name, value in item.items())


def _number_bytes(text: str) -> int:
    """Two digits a byte, but for zeros at either end, and a byte; a sign takes one more."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def _value_bytes(value: Values) -> int:
    (kind, content), *_ = value.items()
    if kind == "S":
        return length(content)
    if kind == "N":
        return _number_bytes(content)
    if kind == "M":
        return 3 + item_bytes(content) + len(content)
    if kind == "L":
        return 3 + sum(1 + _value_bytes(one) for one in content)
    if kind in ("SS", "NS", "BS"):
        return sum(_value_bytes({kind[0]: one}) for one in content)
    return len(content) if kind == "B" else 1


def _writes(item: Values | None) -> int:
    return parts(item_bytes(item or {}), WRITE_BYTES)


def _reads(size: int, newest: object) -> float:
    return parts(size, READ_BYTES) * (1.0 if newest else 0.5)


def _put(request: Values, answer: Values) -> float:
    """The larger of what is written and (where that is told) replaced; a refused one costs what it met."""
    met = answer.get("Attributes") or answer.get("Item")
    return _writes(met) if "Error" in answer else max(_writes(request["Item"]), _writes(met))


def _update(request: Values, answer: Values) -> float:
    """As it is afterwards. A session's device is a key of the index `by_device`, which is written too."""
    names = request.get("ExpressionAttributeNames", {}).values()
    moves = "device_id" in names or "device_id" in request.get("UpdateExpression", "")
    written = _writes(answer.get("Attributes") or answer.get("Item"))
    return written + 1 if moves and "Error" not in answer else written


def _delete(_: Values, answer: Values) -> float:
    """What is deleted, where that is told: rows that are deleted here have less than 1 KB, as a rule."""
    return _writes(answer.get("Attributes"))


def _batch_delete(request: Values, _: Values) -> float:
    """Each row by itself: one call costs as much as many."""
    return float(sum(map(len, request["RequestItems"].values())))


def _get(request: Values, answer: Values) -> float:
    return _reads(item_bytes(answer.get("Item") or {}), request.get("ConsistentRead"))


def _batch_get(request: Values, answer: Values) -> float:
    """Each row by itself; one that is not there costs as much as a small one."""
    total = 0.0
    for table, asked in request["RequestItems"].items():
        rows = answer.get("Responses", {}).get(table, [])
        newest, missing = asked.get("ConsistentRead"), len(asked["Keys"]) - len(rows)
        total += sum(_reads(item_bytes(row), newest) for row in rows) + missing * _reads(0, newest)
    return total


def _query(request: Values, answer: Values) -> float:
    return _reads(sum(map(item_bytes, answer.get("Items", ()))), request.get("ConsistentRead"))


def _scan(request: Values, answer: Values) -> float:
    """All that was looked at; a row that the filter left out is taken to have 1 KB."""
    rows = answer.get("Items", ())
    left_out = max(0, answer.get("ScannedCount", 0) - len(rows))
    return _reads(sum(map(item_bytes, rows)) + left_out * WRITE_BYTES, request.get("ConsistentRead"))


def _bodies(messages: Iterable[Values], name: str) -> int:
    return parts(sum(length(message[name]) for message in messages), QUEUE_BYTES)


_RULES: dict[str, Callable[[Values, Values], float]] = {
    "PutItem": _put,
    "UpdateItem": _update,
    "DeleteItem": _delete,
    "BatchWriteItem": _batch_delete,
    "GetItem": _get,
    "BatchGetItem": _batch_get,
    "Query": _query,
    "Scan": _scan,
    "SendMessage": lambda request, _: _bodies([request], "MessageBody"),
    "ReceiveMessage": lambda _, answer: _bodies(answer.get("Messages", ()), "Body"),
    "PostToConnection": lambda request, _: parts(len(request["Data"]), POST_BYTES),
}
