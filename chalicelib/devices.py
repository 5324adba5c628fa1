"""The machines that run sessions: enrolment, runs, heartbeats, and what happens when one is lost."""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import queues, sessions, tokens
from chalicelib.clients import Clients
from chalicelib.errors import NotAuthorized, SessionNotFound, StaleLease
from chalicelib.items import Item, condition_failed, from_item, to_item
from chalicelib.messages import dumps


@dataclass(frozen=True)
class Device:
    """A device's row. `run` counts its starts: sessions of an earlier run are lost."""

    device_id: str
    pool: str
    queue_url: str
    token_hash: str
    state: str = "registered"
    run: int = 0
    heartbeat_at: int = 0

    @classmethod
    def of(cls, item: Item) -> "Device":
        return cls(**{name: item[name] for name in cls.__dataclass_fields__ if name in item})

    def has(self, aws: Clients, session: sessions.Session) -> bool:
        """Whether it still drives a session that it claimed: same run, and a heartbeat not long ago."""
        return session.run == self.run and self.heartbeat_at > time.time() - aws.settings.device_lost_after


def key(device_id: str) -> Mapping[str, Any]:
    return to_item({"device_id": device_id})


def enrol(aws: Clients, token: str, facts: Mapping[str, Any]) -> tuple[Device, str]:
    """A new device for a one-time token, and the device's own token, which is told this once.

    The operator's token decides the pool; a device cannot choose one.

    :raises NotAuthorized: the token is unknown, used up or expired.
    """
    answer = aws.dynamodb.delete_item(
        TableName=aws.settings.table("devices"),
        Key=key(f"enrolment#{tokens.hash_token(token)}"),
        ReturnValues="ALL_OLD",
    )
    enrolment = from_item(answer.get("Attributes"))
    if enrolment is None:
        raise NotAuthorized("the enrolment token is unknown, used up or expired", "enrolment_token")
    device_id, device_token = tokens.new_id(), tokens.new_token()
    device = Device(
        device_id=device_id,
        pool=enrolment["pool"],
        queue_url=queues.make_device_queue(aws, device_id),
        token_hash=tokens.hash_token(device_token),
    )
    item = {**device.__dict__, "facts": dumps(facts), "enrolled_at": int(time.time())}
    aws.dynamodb.put_item(TableName=aws.settings.table("devices"), Item=to_item(item))
    return device, device_token


def authorized(aws: Clients, device_id: str, token: str | None) -> Device:
    """The device, for whoever holds its token.

    :raises NotAuthorized: there is none, it is revoked, or the token is not its token.
    """
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("devices"), Key=key(device_id), ConsistentRead=True
    )
    return checked(from_item(answer.get("Item")), token)


def checked(item: Item | None, token: str | None) -> Device:
    if item is None or "token_hash" not in item or not tokens.matches(token or "", item["token_hash"]):
        raise NotAuthorized("there is no such device, or the token is not its token", "device")
    device = Device.of(item)
    if device.state == "revoked":
        raise NotAuthorized("the device is revoked", "device")
    return device


def start(aws: Clients, device: Device, facts: Mapping[str, Any]) -> Device:
    """A new run of the device: what an earlier run left is lost, or queued again if it ran nothing."""
    started = _beat(aws, device, "ADD #run :one SET #state = :state, heartbeat_at = :now, facts = :facts",
                    {":one": 1, ":state": "online", ":facts": dumps(facts)})  # fmt: skip
    lose_sessions(aws, started)
    return started


def heartbeat(aws: Clients, device: Device, run: int, state: str) -> Device:
    """The device lives, and with it the lease of every session that it has: one write for all.

    :raises StaleLease: a newer run of the device has started.
    """
    if run != device.run:
        raise StaleLease("a newer run of this device has started", "run")
    return _beat(
        aws, device, "SET #state = :state, heartbeat_at = :now", {":state": state, ":run": run}, run=True
    )


def _beat(aws: Clients, device: Device, expression: str, values: Item, run: bool = False) -> Device:
    condition = "token_hash = :hash AND #state <> :revoked" + (" AND #run = :run" if run else "")
    known = {":now": int(time.time()), ":hash": device.token_hash, ":revoked": "revoked"}
    try:
        answer = aws.dynamodb.update_item(
            TableName=aws.settings.table("devices"),
            Key=key(device.device_id),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#state": "state", "#run": "run"},
            ExpressionAttributeValues=to_item(known | values),
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        raise StaleLease("the device was started again or revoked meanwhile", "run") from error
    return Device.of(from_item(answer["Attributes"]) or {})


def check_alive(aws: Clients, session: sessions.Session) -> sessions.Session:
    """The session as it is now: if its device has died, it is queued again or lost."""
    if not session.live or session.device_id is None:
        return session
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("devices"), Key=key(session.device_id), ConsistentRead=True
    )
    item = from_item(answer.get("Item"))
    if item and Device.of(item).has(aws, session):
        return session
    return sessions.lose(aws, session)


def lose_sessions(aws: Clients, device: Device) -> None:
    """Give up every session that the device no longer drives."""
    for session_id in sessions.of_device(aws, device.device_id):
        with contextlib.suppress(SessionNotFound):  # it has expired: the index is late
            session = sessions.get(aws, session_id)
            if session.device_id == device.device_id and not device.has(aws, session):
                sessions.lose(aws, session)


def sweep(aws: Clients) -> None:
    """Find the devices that have stopped and give up their sessions. Runs on a schedule only."""
    silent = int(time.time() - aws.settings.device_lost_after)
    pages = aws.dynamodb.get_paginator("scan").paginate(
        TableName=aws.settings.table("devices"),
        FilterExpression="heartbeat_at < :silent AND #state IN (:online, :draining)",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues=to_item({":silent": silent, ":online": "online", ":draining": "draining"}),
    )
    for page in pages:
        for item in page["Items"]:
            if (row := from_item(item)) is None:
                continue
            lose_sessions(aws, Device.of(row))
            _mark_offline(aws, row["device_id"], silent)


def _mark_offline(aws: Clients, device_id: str, silent: int) -> None:
    try:
        aws.dynamodb.update_item(
            TableName=aws.settings.table("devices"),
            Key=key(device_id),
            UpdateExpression="SET #state = :offline",
            ConditionExpression="heartbeat_at < :silent AND #state <> :revoked",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=to_item(
                {":offline": "offline", ":silent": silent, ":revoked": "revoked"}
            ),
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
