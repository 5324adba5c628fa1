"""Pools of devices: the queue that their sessions wait in, and what each asks of its devices."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib import queues
from chalicelib.clients import Clients
from chalicelib.items import from_item, to_item

Policy = dict[str, Any]
"""`sandbox` (the weakest level that will do), `network` (hosts that sessions may reach), `preload` (modules):
what was not set is absent, and the agent's default counts (device_agent/policy.py)."""


def _key(pool: str) -> Mapping[str, Any]:
    return to_item({"device_id": f"pool#{pool}"})


def policy(aws: Clients, pool: str) -> Policy:
    """What the pool asks of its devices."""
    table = aws.settings.table("devices")
    row = from_item(aws.dynamodb.get_item(TableName=table, Key=_key(pool), ConsistentRead=True).get("Item"))
    return json.loads(row["policy"]) if row else {}


def set_policy(aws: Clients, pool: str, policy: Policy) -> None:
    """Devices learn of it at their next start."""
    item = to_item({"device_id": f"pool#{pool}", "policy": json.dumps(policy)})
    aws.dynamodb.put_item(TableName=aws.settings.table("devices"), Item=item)


def exists(aws: Clients, pool: str) -> bool:
    try:
        queues.pool_url(aws, pool)
    except aws.sqs.exceptions.QueueDoesNotExist:
        return False
    return True
