"""API keys: an operator's word that a program may use the service as often as it likes, kept as a hash."""

import re
import time
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import tokens
from chalicelib.clients import Clients
from chalicelib.errors import NotAuthorized
from chalicelib.items import Item, condition_failed, from_item, to_item

_KEY = re.compile(r"longwire-key-([0-9a-f]{24})-([\w-]{43})", re.ASCII)


def issue(aws: Clients, name: str, lasts: float | None = None) -> str:
    """A fresh key, with its id in it. It is told this once.

    :param name: who it is for, in the operator's words.
    :param lasts: seconds; None: until it is revoked.
    """
    key_id, secret = tokens.new_id(), tokens.new_token()
    row = {
        **_row(key_id),
        "name": name,
        "key_hash": tokens.hash_token(secret),
        "since": int(time.time()),
        "expires_at": None if lasts is None else int(time.time() + lasts),
    }
    aws.dynamodb.put_item(TableName=aws.settings.table("devices"), Item=to_item(row))
    return f"longwire-key-{key_id}-{secret}"


def is_one(text: str) -> bool:
    """Whether a text is written like a key."""
    return text.startswith("longwire-key-")


def check(aws: Clients, key: str, field: str = "api_key") -> str:
    """:param field: where it stood.
    :returns: the key's id.
    :raises NotAuthorized: the key is unknown, revoked or expired; which of these is not told."""
    match = _KEY.fullmatch(key)
    row = _read(aws, match[1]) if match else None
    if match and row and tokens.matches(match[2], row["key_hash"]):
        return match[1]
    raise _not_good(field)


def require(aws: Clients, key_id: str) -> None:
    """:raises NotAuthorized: a key that was good is revoked or expired."""
    if _read(aws, key_id) is None:
        raise _not_good("api_key")


def _read(aws: Clients, key_id: str) -> Item | None:
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("devices"), Key=to_item(_row(key_id)), ConsistentRead=True
    )
    return from_item(answer.get("Item"))


def _not_good(field: str) -> NotAuthorized:
    return NotAuthorized(f"{field}: the API key is unknown, revoked or expired", field)


def revoke(aws: Clients, key_id: str) -> bool:
    """The key is good no more.

    :returns: whether there was one.
    """
    try:
        aws.dynamodb.delete_item(
            TableName=aws.settings.table("devices"),
            Key=to_item(_row(key_id)),
            ConditionExpression="attribute_exists(key_hash)",
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        return False
    return True


def _row(key_id: str) -> dict[str, Any]:
    return {"device_id": f"api-key#{key_id}"}
