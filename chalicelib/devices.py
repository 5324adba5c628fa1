"""The machines that run sessions: enrolment, runs, heartbeats, and what happens when one is lost."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from chalicelib import VERSION, enrolment, queues, sessions, tokens, versions
from chalicelib.clients import Clients
from chalicelib.errors import (
    AgentTooOld,
    DeviceRevoked,
    NotAuthorized,
    OtherProtocol,
    SessionNotFound,
    StaleLease,
)
from chalicelib.frames import dumps
from chalicelib.items import Item, condition_failed, from_item, to_item
from chalicelib.telemetry import logger
from chalicelib.trouble import AwsError

State = Literal["registered", "online", "draining", "offline", "revoked"]
_WHY = {"online": "heard of again", "draining": "asked to drain", "offline": "stopped"}
"""Reasons of states whose device gives none."""


@dataclass(frozen=True)
class Device:
    """A device's row. `run` counts its starts: sessions of an earlier run are lost.

    `instance`: a name that the process which began the run gave itself. `reason`, `since`: why it has its
    state, and since when. `version`, `sandbox`: what it said last. One that was away for very long has no
    queue (`queue_url` is empty) until it starts again.
    """

    device_id: str
    pool: str
    token_hash: str
    queue_url: str = ""
    labels: Sequence[str] = ()
    state: State = "registered"
    reason: str = "enrolled"
    since: int = 0
    run: int = 0
    instance: str = ""
    heartbeat_at: int = 0
    version: str = ""
    sandbox: str | None = None

    @classmethod
    def of(cls, item: Item) -> "Device":
        return cls(**{name: item[name] for name in cls.__dataclass_fields__ if name in item})

    def has(self, aws: Clients, session: sessions.Session) -> bool:
        """Whether it still drives a session that it claimed: same run, and a heartbeat not long ago."""
        lives = self.state not in ("offline", "revoked")
        heard = self.heartbeat_at > time.time() - aws.settings.device_lost_after
        return lives and heard and session.run == self.run


def key(device_id: str) -> Mapping[str, Any]:
    return to_item({"device_id": device_id})


def enrol(aws: Clients, token: str, facts: Mapping[str, Any]) -> tuple[Device, str]:
    """A new device for a one-time token, and the device's own token, which is told this once.

    The operator's token decides pool and labels; a device cannot choose them.

    :raises AgentTooOld: the token is not used up.
    :raises NotAuthorized: the token is unknown, used up or expired.
    """
    version = _version(facts)
    require_version(aws, version)
    given = enrolment.redeem(aws, token)
    try:
        return _made(aws, given, version, facts)
    except Exception:
        enrolment.give_back(aws, token)
        raise


def _made(
    aws: Clients, given: enrolment.Enrolment, version: str, facts: Mapping[str, Any]
) -> tuple[Device, str]:
    device_id, device_token = tokens.new_id(), tokens.new_token()
    device = Device(
        device_id=device_id,
        pool=given.pool,
        labels=given.labels,
        queue_url=queues.make_device_queue(aws, device_id),
        token_hash=tokens.hash_token(device_token),
        since=int(time.time()),
        version=version,
    )
    item = {
        **device.__dict__,
        "labels": list(given.labels),
        "facts": dumps(facts),
        "enrolled_at": device.since,
    }
    aws.dynamodb.put_item(TableName=aws.settings.table("devices"), Item=to_item(item))
    return device, device_token


def require_version(aws: Clients, version: str) -> None:
    """:raises AgentTooOld: the service asks for a newer agent."""
    least = aws.settings.min_agent_version
    if versions.is_older(version, least):
        raise AgentTooOld(
            f"this service needs longwire-agent {least} or newer, this is {version or 'an unknown version'}",
            "version",
            at_least=least,
        )


def require_spoken(protocol: str | None) -> None:
    """:raises OtherProtocol: the agent speaks another protocol than this service."""
    versions.require_spoken(protocol, "protocol", f"install the agent of version {VERSION}")


def _version(facts: Mapping[str, Any]) -> str:
    return str(facts.get("version", ""))[: versions.MAX_LENGTH]


def authorized(aws: Clients, device_id: str, token: str | None) -> Device:
    """The device, for whoever holds its token.

    :raises NotAuthorized: there is none, or the token is not its token.
    :raises DeviceRevoked: the operator has revoked it.
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
        raise DeviceRevoked(f"the device was revoked: {device.reason}", "device", reason=device.reason)
    return device


def start(
    aws: Clients, device: Device, facts: Mapping[str, Any], sandbox: str | None = None, instance: str = ""
) -> Device:
    """A new run of the device: what an earlier run left is lost, or queued again if it ran nothing.

    :param instance: names the process that starts, so that one which starts again is not taken for another.
    :raises AgentTooOld: no run has begun.
    """
    version = _version(facts)
    require_version(aws, version)
    now = int(time.time())
    values = {"state": "online", "reason": "started", "since": now, "heartbeat_at": now}
    told = {"version": version, "sandbox": sandbox, "facts": dumps(facts), "instance": instance}
    told["queue_url"] = queues.device_url(aws, device.device_id)
    started = _write(aws, device, values | told, starts=True)
    lose_sessions(aws, started)
    return started


def heartbeat(aws: Clients, device: Device, run: int, beat: Mapping[str, Any]) -> Device:
    """The device lives, and with it the lease of every session that it has: one write for all.

    :param beat: what it says of itself: `instance`, `state`, `reason`, `version`, `sandbox`, and its load.
    :raises StaleLease: another process has started as this device (`field` is `instance`), or the run is
        over for another reason (`field` is `run`): then the same process may start again.
    :raises AgentTooOld, OtherProtocol: it keeps what it has, and shall drain.
    """
    told = dict(beat)
    instance, protocol = told.pop("instance", ""), told.pop("protocol", None)
    if run != device.run:
        raise _over(device, instance)
    state, reason = told.pop("state", "online"), told.pop("reason", None)
    version, sandbox = told.pop("version", device.version), told.pop("sandbox", device.sandbox)
    values = {"heartbeat_at": int(time.time()), "version": version, "sandbox": sandbox, "load": dumps(told)}
    try:
        require_version(aws, version)
        require_spoken(protocol)
    except (AgentTooOld, OtherProtocol) as error:
        why = "is too old" if isinstance(error, AgentTooOld) else "speaks another protocol"
        _write(aws, device, values | _change(device, "draining", f"its agent {why}"))
        raise
    beaten = _write(aws, device, values | _change(device, state, reason))
    if beaten.state == "offline":
        lose_sessions(aws, beaten)
    return beaten


def _over(device: Device, instance: str) -> StaleLease:
    """Why a run is over.

    :param device: as it is now.
    """
    if instance == device.instance:
        return StaleLease("the run is over: start again", "run")
    return StaleLease("another process has started as this device", "instance")


def _change(device: Device, state: State, reason: str | None) -> Item:
    """A state; if it is a new one, with its reason and time."""
    if state == device.state and reason in (None, device.reason):
        return {"state": state}
    return {"state": state, "reason": reason or _WHY[state], "since": int(time.time())}


def _write(aws: Clients, device: Device, values: Item, starts: bool = False) -> Device:
    """Set values of the device's row, unless it was revoked or (if it does not start) started meanwhile."""
    values = {name: value for name, value in values.items() if value is not None}
    condition = "#token_hash = :known_hash AND #state <> :revoked"
    known: Item = {":known_hash": device.token_hash, ":revoked": "revoked"}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
    if starts:
        expression += " ADD #run :one"
        known[":one"] = 1
    else:
        condition += " AND #run = :known_run"
        known[":known_run"] = device.run
    try:
        answer = aws.dynamodb.update_item(
            TableName=aws.settings.table("devices"),
            Key=key(device.device_id),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={f"#{name}": name for name in (*values, "state", "run", "token_hash")},
            ExpressionAttributeValues=to_item(known | {f":{name}": value for name, value in values.items()}),
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        raise StaleLease("the device was started again or revoked meanwhile", "instance") from error
    return Device.of(from_item(answer["Attributes"]) or {})


def revoke(aws: Clients, device_id: str, reason: str) -> Device | None:
    """From now on the service refuses the device everything (what AWS does: infra/revocation.py).

    :returns: None when there is no such device.
    """
    values = {":revoked": "revoked", ":reason": reason, ":now": int(time.time())}
    try:
        answer = aws.dynamodb.update_item(
            TableName=aws.settings.table("devices"),
            Key=key(device_id),
            UpdateExpression="SET #state = :revoked, reason = :reason, since = :now",
            ConditionExpression="attribute_exists(token_hash)",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=to_item(values),
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        return None
    return Device.of(from_item(answer["Attributes"]) or {})


def listed(aws: Clients) -> Iterator[Item]:
    """Every device's row but for its secrets. For an operator's eyes: it reads the whole table."""
    pages = aws.dynamodb.get_paginator("scan").paginate(
        TableName=aws.settings.table("devices"),
        FilterExpression="attribute_exists(token_hash)",
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            if row := from_item(item):
                del row["token_hash"]
                yield row


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
    """Give up every session that the device no longer drives; trouble with one keeps none of the others.

    :raises botocore.exceptions.ClientError: AWS was in trouble, ask again.
    """
    trouble: Exception | None = None
    for session_id in sessions.of_device(aws, device.device_id):
        try:
            session = sessions.get(aws, session_id)
            if session.device_id == device.device_id and not device.has(aws, session):
                sessions.lose(aws, session)
        except SessionNotFound:  # it has expired: the index is late
            continue
        except Exception as error:  # what the device wrote is read here, and it may have written anything
            logger.exception("a session was not given up in order", extra={"session_id": session_id})
            trouble = error if isinstance(error, AwsError) else trouble
    if trouble:
        raise trouble
