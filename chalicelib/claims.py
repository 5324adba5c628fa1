"""What a device does with a session: claim it, take its requests, end it. Each call checks the lease."""

import time
from dataclasses import dataclass, field
from typing import Any

from chalicelib import channels, connections, devices, iopub, quotas, sessions, uploads
from chalicelib.clients import Clients
from chalicelib.devices import Device
from chalicelib.errors import Busy, NotAuthorized, SessionEnded, StaleLease
from chalicelib.items import from_item, to_item
from chalicelib.sessions import Session
from chalicelib.telemetry import seconds


@dataclass(frozen=True)
class Lease:
    """Who says that it has a session: a device, its token, its run, and the epoch of its claim."""

    device_id: str
    token: str | None
    run: int
    epoch: int


def claim(aws: Clients, device: Device, run: int, session_id: str) -> Session:
    """The session belongs to the device; claiming it again is a success.

    :raises NotAuthorized: the session waits in another pool.
    :raises SessionEnded: it has ended.
    :raises StaleLease: another device, or a newer run of this one, has it.
    """
    if run != device.run:
        raise StaleLease("a newer run of this device has started", "run")
    session = sessions.require_live(sessions.get(aws, session_id))
    if session.pool != device.pool:
        raise NotAuthorized("the session waits in another pool", "session")
    if session.device_id == device.device_id and session.run == run:
        return session
    if session.status != "queued":
        raise StaleLease("another device has the session", "session")
    claimed = sessions.update(
        aws,
        session,
        status="claimed",
        device_id=device.device_id,
        session_key=iopub.session_key(device.device_id, session_id, session.epoch + 1),
        doorbell=device.queue_url,
        claimed_at=int(time.time()),
        computed_ms=0,
        run=run,
        epoch=session.epoch + 1,
    )
    seconds("ClaimLatency", max(0.0, time.time() - session.queued_at))
    return claimed


def _owned(aws: Clients, lease: Lease, session_id: str) -> Session:
    """The session, if the lease is good: device and session are read at once.

    :raises NotAuthorized: the device's token is wrong.
    :raises SessionEnded: the session is no longer the device's.
    :raises Busy: the tables did not answer for both.
    """
    devices_table, sessions_table = aws.settings.table("devices"), aws.settings.table("sessions")
    answer = aws.dynamodb.batch_get_item(
        RequestItems={
            devices_table: {"Keys": [devices.key(lease.device_id)], "ConsistentRead": True},
            sessions_table: {"Keys": [to_item({"session_id": session_id})], "ConsistentRead": True},
        }
    )
    if answer.get("UnprocessedKeys"):
        raise Busy("the tables do not keep up, ask again")
    found = {name: from_item(rows[0]) if rows else None for name, rows in answer["Responses"].items()}
    devices.checked(found.get(devices_table), lease.token)
    item = found.get(sessions_table)
    session = Session.of(item) if item else None
    if (
        session is None
        or not session.live
        or (session.device_id, session.run, session.epoch) != (lease.device_id, lease.run, lease.epoch)
    ):
        raise SessionEnded("the session is no longer this device's", "session")
    return session


@dataclass(frozen=True)
class Wanted:
    """What a worker asks for: the channels that were rung for, and what it has and has done already.

    `computed`: the seconds that the session has computed since its claim, if it is time to say so.
    """

    channels: tuple[str, ...]
    states: dict[str, int] = field(default_factory=dict)
    done: dict[str, list[str]] = field(default_factory=dict)
    computed: float = 0.0


EVERYTHING = Wanted(("shell", "control", "stdin", "connections"))


def take(aws: Clients, lease: Lease, session_id: str, wanted: Wanted) -> dict[str, Any]:
    """The requests that wait on the channels asked for, each a list of key and message; and who watches."""
    session = _owned(aws, lease, session_id)
    session = quotas.meter(aws, session, wanted.computed)
    return given(aws, session, wanted)


def given(aws: Clients, session: Session, wanted: Wanted) -> dict[str, Any]:
    """What whoever has the session asks for; `more` names the channels whose answer had to be cut,
    `barred` is the error that what waits is to be refused with, if the owner has used up his time.

    Who watches is told only to a device that can no longer hand the session back: it could go on posting to
    them while another one runs it. The take that decides it tells who watches unasked, however often it is
    made.
    """
    taken: dict[str, Any] = {"more": []}
    if barred := quotas.bar_of(aws, session):
        taken["barred"] = barred.content()
    for channel in ("shell", "control", "stdin"):
        channels.done(aws, session.session_id, channel, wanted.done.get(channel, []))
        if channel not in wanted.channels:
            continue
        rows, is_cut = channels.waiting(aws, session.session_id, channel)
        if barred:
            rows = [row for row in rows if not channels.is_change(row)]  # their reader was refused, they stay
        requests = channels.unserved(rows, wanted.states)
        fitting = channels.fitting(requests)
        if is_cut or len(fitting) < len(requests):
            taken["more"].append(channel)
        taken[channel] = [
            {"key": request.key, "message": uploads.linked(aws, session.session_id, request.message)}
            for request in fitting
        ]
    keys = [one["key"] for one in taken.get("shell", [])]
    if session.status == "claimed" and keys:
        # From here on the session has run something: it cannot be given to another device any more.
        session = sessions.update(aws, session, status="running", first=keys[0])
    if session.status == "running" and ("connections" in wanted.channels or session.first in keys):
        watchers = connections.watchers(aws, session.session_id)
        taken["connections"] = [{"id": name, "after": after} for name, after in watchers.items()]
    return taken


def end(aws: Clients, lease: Lease, session_id: str, status: str, reason: str, computed: float = 0.0) -> None:
    """The device is done with the session: it has ended, or (having run nothing) goes back to its pool.

    :param computed: seconds since its claim.
    :raises StaleLease: somebody else was first.
    """
    session = _owned(aws, lease, session_id)
    quotas.meter(aws, session, computed)
    if status == "queued" and session.status == "claimed":
        sessions.requeue(aws, session)
    else:
        sessions.announce(aws, sessions.end(aws, session, reason))
