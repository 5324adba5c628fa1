"""The life of a session: queued, claimed, running, ended or lost."""

import time
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from chalicelib import connections, iopub, queues, tokens
from chalicelib.clients import Clients
from chalicelib.errors import InvalidMessage, SessionEnded, SessionNotFound, StaleLease, WatchOnly
from chalicelib.items import Item, condition_failed, from_item, to_item
from chalicelib.messages import computation_end
from chalicelib.terms import DEFAULT_KERNEL, Terms

_RUNNING_FOR = 2.0
"""Seconds: a page that hears nothing for as long asks again."""

Status = Literal["queued", "claimed", "running", "ended", "lost"]


@dataclass(frozen=True)
class Session:
    """A session's row; `doorbell` is the queue URL of the device that has it, `run` that device's run.

    `watch_hash`: of the token that only lets one watch.
    `queued_at`: since when it waits or waited for a device, in whole seconds since 1970.
    `first`: the key of the first request that was given to a device to be run.
    `keep`: whether an idle time was asked for, so that it outlives a request that made no interact.
    `owner`: whom it is counted for (chalicelib/identity.py). `claimed_at`: since when its device has it.
    `computed_ms`: what it has computed there, as far as that was counted. `barred_until`: when its owner may
    run something again.
    """

    session_id: str
    status: Status
    token_hash: str
    pool: str
    idle_timeout: int
    kernel: str = DEFAULT_KERNEL
    keep: bool = False
    queued_at: int = 0
    epoch: int = 0
    run: int | None = None
    device_id: str | None = None
    session_key: str | None = None
    watch_hash: str | None = None
    doorbell: str | None = None
    first: str | None = None
    reason: str | None = None
    owner: str | None = None
    claimed_at: int | None = None
    computed_ms: int = 0
    barred_until: int = 0

    @classmethod
    def of(cls, item: Item) -> "Session":
        return cls(**{name: item[name] for name in cls.__dataclass_fields__ if name in item})

    @property
    def live(self) -> bool:
        return self.status not in ("ended", "lost")


def create(
    aws: Clients, terms: Terms, session_id: str | None = None, owner: str | None = None
) -> tuple[Session, str]:
    """A new session that waits in its pool, and its token, which is told this once.

    The pool's queue is rung by the caller, after the first request has been written.

    :raises InvalidMessage: there is no such pool.
    """
    try:
        queues.pool_url(aws, terms.pool)
    except aws.sqs.exceptions.QueueDoesNotExist as error:
        raise InvalidMessage(f"pool: there is no pool {terms.pool}", "pool") from error
    token = tokens.new_token()
    limit = aws.settings.max_idle_timeout
    session = Session(
        session_id=session_id or tokens.new_id(),
        owner=owner,
        status="queued",
        token_hash=tokens.hash_token(token),
        watch_hash=tokens.hash_token(tokens.watch_token(token)),
        pool=terms.pool,
        kernel=terms.kernel,
        keep=terms.idle_timeout is not None,
        queued_at=int(time.time()),
        idle_timeout=min(terms.idle_timeout or aws.settings.default_idle_timeout, limit),
    )
    item = {**session.__dict__, "expires_at": int(time.time()) + aws.settings.session_ttl}
    aws.dynamodb.put_item(TableName=aws.settings.table("sessions"), Item=to_item(item))
    return session, token


def get(aws: Clients, session_id: str) -> Session:
    """:raises SessionNotFound: there is none, or it has expired."""
    answer = aws.dynamodb.get_item(
        TableName=aws.settings.table("sessions"), Key=to_item({"session_id": session_id}), ConsistentRead=True
    )
    item = from_item(answer.get("Item"))
    if item is None:
        raise _not_found()
    session = Session.of(item)
    _note(aws, session)
    return session


def seen_running(aws: Clients, session_id: str) -> Session | None:
    """The session, if this process has read a moment ago that it runs.

    For those who watch it, and are told when it ends; a drag asks 30 times a second. A session that has run
    something is given to no other device.
    """
    session, seen_at = aws.running.get(session_id, (None, 0.0))
    return session if time.time() - seen_at < _RUNNING_FOR else None


def forget_seen(aws: Clients, session_id: str) -> None:
    """The session's row is changed otherwise than by `update`: the next who asks shall read it."""
    aws.running.pop(session_id, None)


def _note(aws: Clients, session: Session) -> None:
    forget_seen(aws, session.session_id)
    if session.status == "running":
        aws.running[session.session_id] = session, time.time()


def authorized(aws: Clients, session_id: str, token: str | None) -> Session:
    """The session, for whoever holds its token.

    :raises SessionNotFound: there is none, or the token is not its token.
    :raises WatchOnly: the token lets one watch only.
    """
    session, watches_only = readable(aws, session_id, token)
    if watches_only:
        raise WatchOnly("token: this one only lets you watch the session, not ask anything of it", "token")
    return session


def readable(aws: Clients, session_id: str, token: str | None) -> tuple[Session, bool]:
    """The session, for whoever may see what it sends, and whether the token lets one watch only.

    :raises SessionNotFound: there is none, or the token is neither of its tokens.
    """
    session = get(aws, session_id)
    if tokens.matches(token or "", session.token_hash):
        return session, False
    if session.watch_hash and tokens.matches(token or "", session.watch_hash):
        return session, True
    raise _not_found()


def _not_found() -> SessionNotFound:
    return SessionNotFound("there is no such session, or the token is not its token", "session")


def require_live(session: Session) -> Session:
    """:raises SessionEnded: the session has ended."""
    if not session.live:
        raise SessionEnded(f"the session has ended ({session.reason})", "session", reason=session.reason)
    return session


def update(aws: Clients, session: Session, remove: str = "", **values: Any) -> Session:
    """Set values of a session's row if its status and epoch are as known.

    A write whose answer was lost is made again by the SDK, and finds its own mark: that is a success.

    :raises StaleLease: somebody else was first.
    """
    values["written"] = tokens.new_id()
    names = {f"#{name}": name for name in (*values, "status", "epoch")}
    try:
        answer = aws.dynamodb.update_item(
            TableName=aws.settings.table("sessions"),
            Key=to_item({"session_id": session.session_id}),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values) + remove,
            ConditionExpression="#epoch = :known_epoch AND #status = :known_status",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=to_item(
                {":known_epoch": session.epoch, ":known_status": session.status}
                | {f":{name}": value for name, value in values.items()}
            ),
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        item = from_item(answer["Attributes"])
    except ClientError as error:
        item = condition_failed(error)
        if item is None:
            raise
        if item.get("written") != values["written"]:
            raise StaleLease("the session belongs to somebody newer") from error
    if item is None:
        raise _not_found()
    session = Session.of(item)
    _note(aws, session)
    return session


def place(aws: Clients, session: Session) -> int | None:
    """How many sessions wait in its pool while this one does; if its ring got lost, it is made again.

    (Whoever waits asks every few seconds; one ring too many does no harm.)
    """
    if session.status != "queued":
        return None
    place = queues.place(aws, session.pool)
    if place == 0:
        queues.ring(aws, queues.pool_url(aws, session.pool), session.session_id)
    return max(1, place)


def end(aws: Clients, session: Session, reason: str, status: Status = "ended") -> Session:
    """The session is over; `reason` as in `computation_end`. What it sent stays until it expires.

    :raises StaleLease: somebody else was first.
    """
    return update(aws, session, " REMOVE device_id, doorbell", status=status, reason=reason)


def requeue(aws: Clients, session: Session) -> None:
    """A session that has run nothing goes back to its pool. Raises StaleLease if somebody else was first."""
    update(
        aws,
        session,
        " REMOVE device_id, doorbell, session_key",
        status="queued",
        queued_at=int(time.time()),
        epoch=session.epoch + 1,
    )
    queues.ring(aws, queues.pool_url(aws, session.pool), session.session_id)


def lose(aws: Clients, session: Session) -> Session:
    """The session's device has died: queue it again if nothing ran, else end it and tell who watches.

    Safe to call from several places at once: the first one does it.
    """
    try:
        if session.status == "claimed":
            requeue(aws, session)
        elif session.status == "running":
            lost = update(
                aws,
                session,
                " REMOVE device_id, doorbell",
                status="lost",
                reason="device_lost",
                epoch=session.epoch + 1,
            )
            announce(aws, lost)
    except StaleLease:
        pass
    return get(aws, session.session_id)


def announce(aws: Clients, session: Session) -> None:
    """Write the end that the device did not write, and post it; nothing if that device did."""
    if session.session_key is None or session.reason is None:
        return
    message = computation_end(session.reason)
    if not iopub.finish(aws, session.session_key, session.epoch, message):
        return
    for connection_id in connections.watchers(aws, session.session_id):
        if not connections.post(aws, connection_id, [message]):
            connections.forget(aws, connection_id)


def of_device(aws: Clients, device_id: str) -> list[str]:
    """The ids of the sessions that a device has, as the index knows them (it may be a little late)."""
    answer = aws.dynamodb.query(
        TableName=aws.settings.table("sessions"),
        IndexName="by_device",
        KeyConditionExpression="device_id = :device",
        ExpressionAttributeValues=to_item({":device": device_id}),
    )
    return [item["session_id"]["S"] for item in answer["Items"]]
