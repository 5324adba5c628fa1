"""What is done every minute: devices that have stopped or never return are cleared up, places counted."""

import contextlib
import time
from collections.abc import Iterator
from typing import get_args

from chalicelib import devices, places, queues
from chalicelib.clients import Clients
from chalicelib.devices import Device
from chalicelib.items import Item, from_item, to_item
from chalicelib.telemetry import count, logger


def sweep(aws: Clients) -> None:
    """One round; trouble with one device does not keep it from the others.

    (What lasts for a time only, as enrolment tokens and connections, has a TTL and needs no sweep.)
    """
    now = time.time()
    silent, retired = int(now - aws.settings.device_lost_after), int(now - aws.settings.device_retired_after)
    room = places.Room()
    for row in _watched(aws, retired):
        device = Device.of(row)
        try:
            if device.state in ("online", "draining"):
                room.know(device.pool)
                if device.heartbeat_at < silent:
                    _give_up(aws, device, silent)
                elif device.state == "online":
                    room.add(device.pool, str(row.get("load", "{}")))
            elif max(device.heartbeat_at, device.since) < retired:
                _retire(aws, device)
        except Exception:  # what a device wrote is read here, and it may have written anything
            logger.exception("a device was not swept", extra={"device_id": device.device_id})
    room.tell()


def _watched(aws: Clients, retired: int) -> Iterator[Item]:
    """The devices that say they are there, and those that have a queue though long gone."""
    pages = aws.dynamodb.get_paginator("scan").paginate(
        TableName=aws.settings.table("devices"),
        FilterExpression="#state IN (:online, :draining)"
        " OR (heartbeat_at < :retired AND queue_url <> :none"
        " AND #state IN (:registered, :offline, :revoked))",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues=to_item(
            {":retired": retired, ":none": ""} | {f":{state}": state for state in get_args(devices.State)}
        ),
    )
    for page in pages:
        yield from (row for item in page["Items"] if (row := from_item(item)))


def _give_up(aws: Clients, device: Device, silent: int) -> None:
    """Its sessions are lost, or queued again; it is offline until it is heard of again."""
    devices.lose_sessions(aws, device)
    values = {":offline": "offline", ":reason": "no heartbeat", ":now": int(time.time())}
    _update(
        aws,
        device,
        "SET #state = :offline, reason = :reason, since = :now",
        "heartbeat_at < :silent AND #state <> :revoked",
        {**values, ":silent": silent, ":revoked": "revoked"},
    )
    count("DeviceLost")


def _retire(aws: Clients, device: Device) -> None:
    """Take the queue of a device that has been away for very long; its next start makes another.

    Its run ends by that, so that one which has only slept starts again, too.
    """
    retired = _update(
        aws,
        device,
        "SET queue_url = :none ADD #run :one",
        "heartbeat_at = :heard AND #run = :known",
        {":none": "", ":one": 1, ":heard": device.heartbeat_at, ":known": device.run},
    )
    if retired:
        queues.drop(aws, device.queue_url)
        count("DeviceRetired")


def _update(aws: Clients, device: Device, expression: str, condition: str, values: Item) -> bool:
    """:returns: False when the device was heard of meanwhile."""
    names = {name: name.removeprefix("#") for name in ("#state", "#run") if name in expression + condition}
    with contextlib.suppress(aws.dynamodb.exceptions.ConditionalCheckFailedException):
        aws.dynamodb.update_item(
            TableName=aws.settings.table("devices"),
            Key=devices.key(device.device_id),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_item(values),
        )
        return True
    return False
