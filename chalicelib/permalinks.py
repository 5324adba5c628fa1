"""Cells that are kept for good: stored under the hash of what they say."""

import hashlib
import json
from typing import Any

from chalicelib.bodies import CELL
from chalicelib.clients import Clients
from chalicelib.errors import MessageTooLarge, PermalinkNotFound
from chalicelib.items import from_item, to_item
from chalicelib.messages import check, dumps

MAX_BYTES = 256 * 1024


def store(aws: Clients, cell: dict[str, Any]) -> str:
    """The id of a cell; the same cell has the same id.

    :raises InvalidMessage: names the field that does not fit.
    """
    check(CELL.check, cell)
    text = dumps(dict(sorted(cell.items())))
    if len(text.encode()) > MAX_BYTES:
        raise MessageTooLarge(f"code: the cell has more than {MAX_BYTES} bytes", "code")
    permalink_id = hashlib.sha256(text.encode()).hexdigest()[:32]
    aws.dynamodb.put_item(
        TableName=aws.settings.table("permalinks"), Item=to_item({"permalink_id": permalink_id, "cell": text})
    )
    return permalink_id


def load(aws: Clients, permalink_id: str) -> dict[str, Any]:
    """:raises PermalinkNotFound: nothing is stored under this id."""
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("permalinks"), Key=to_item({"permalink_id": permalink_id})
    )
    item = from_item(answer.get("Item"))
    if item is None:
        raise PermalinkNotFound("nothing is stored under this id", "id")
    cell: dict[str, Any] = json.loads(item["cell"])
    return cell
