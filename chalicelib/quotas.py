"""What an identity may use: sessions that live at once, runs in a minute, seconds of computing in an hour.

Runs and seconds of an hour are counters in one row, so that one write counts a run and tells both.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import live, rates, sessions
from chalicelib.aside import aside
from chalicelib.clients import Clients
from chalicelib.errors import SignInNeeded, TooManyRequests
from chalicelib.identity import Identity
from chalicelib.items import condition_failed, from_item, to_item
from chalicelib.messages import Message, interact_of
from chalicelib.rates import Rate, seconds_until
from chalicelib.sessions import Session
from chalicelib.settings import Quota

HOUR = 3600
PLACE_WAIT = 60
"""Seconds after which a place may be free: an idle session ends then."""
REPORTED_EVERY = 10
"""Seconds of computing after which a device says so, beside what it asks for anyway."""


@dataclass(frozen=True)
class Used:
    """What an identity has used of this hour: `seconds` of computing, and `runs` of this minute."""

    runs: int
    seconds: float
    ends_at: int


def quota_of(aws: Clients, identity: Identity) -> Quota:
    return aws.settings.anonymous if identity.is_anonymous else aws.settings.signed_in


def admit(aws: Clients, identity: Identity, site: str | None, session_id: str) -> None:
    """Let an identity begin a session, on a page of a site, if it is within its limits; that counts as a run.

    :raises SignInNeeded: the service is for those who are known.
    :raises TooManyRequests: one of the limits is reached; then it holds no place.
    """
    if identity.is_anonymous and aws.settings.access == "signed-in":
        raise SignInNeeded(
            "identity_token: this service is for those who sign in, or have an API key", "identity_token"
        )
    place = aside(_take_place, aws, identity, session_id)
    counting = aside(count_run, aws, identity)
    refused, too_often = place.exception(), counting.exception()
    refused = refused or too_often
    if not refused:
        # Last: who is refused himself must not use up what a site's other readers have.
        refused = aside(_count_site, aws, site).exception()
    if refused:
        if not place.exception():
            live.free(aws, identity, session_id)
        raise refused


def _take_place(aws: Clients, identity: Identity, session_id: str) -> None:
    limit = quota_of(aws, identity).live_sessions
    if limit and not live.take(aws, identity, session_id, limit):
        raise TooManyRequests(
            f"{identity.spoken} may have {limit} sessions at once:"
            f" let one end, or try again in {PLACE_WAIT} s",
            PLACE_WAIT,
            "live_sessions",
            limit,
        )


def _count_site(aws: Clients, site: str | None) -> None:
    if site is not None:
        limit = aws.settings.site_sessions_per_minute
        rule = f"the pages of one site may begin {limit} sessions a minute"
        rates.take(aws, f"site#{site[:200]}", Rate("site_sessions", limit, rule))


def count_run(aws: Clients, identity: Identity) -> None:
    """One more run; one call at most.

    :raises TooManyRequests: there were too many in this minute, or too much was computed in this hour.
    """
    quota, now = quota_of(aws, identity), time.time()
    if not (quota.runs_per_minute or quota.compute_seconds_per_hour):
        return
    minute = int(now // rates.WINDOW)
    used = _count(aws, identity, now, f"m{minute % 60}", 1)
    if 0 < quota.runs_per_minute < used.runs:
        wait, limit = seconds_until((minute + 1) * rates.WINDOW, now), quota.runs_per_minute
        raise TooManyRequests(
            f"{identity.spoken} may run code {limit} times a minute: run it again in {wait} s",
            wait,
            "runs_per_minute",
            limit,
        )
    _require_time(identity, quota, used, now)


def _require_time(identity: Identity, quota: Quota, used: Used, now: float) -> None:
    if 0 < quota.compute_seconds_per_hour <= used.seconds:
        raise _over(identity, quota, used.ends_at, now)


def _over(identity: Identity, quota: Quota, ends_at: float, now: float) -> TooManyRequests:
    wait, limit = seconds_until(ends_at, now), quota.compute_seconds_per_hour
    text = f"{identity.spoken} may compute for {limit} s an hour, which are used up: go on in {wait} s"
    return TooManyRequests(text, wait, "compute_seconds_per_hour", limit)


def _count(aws: Clients, identity: Identity, now: float, counter: str, amount: int) -> Used:
    hour = int(now // HOUR)
    answer = aws.dynamodb.update_item(
        TableName=aws.settings.table("usage"),
        Key=to_item({"who": identity.name, "counter": f"hour#{hour}"}),
        UpdateExpression="ADD #counter :amount SET expires_at = :expires_at",
        ExpressionAttributeNames={"#counter": counter},
        ExpressionAttributeValues=to_item({":amount": amount, ":expires_at": (hour + 2) * HOUR}),
        ReturnValues="ALL_NEW",
    )
    return _used(from_item(answer["Attributes"]) or {}, now)


def _used(row: dict[str, Any], now: float) -> Used:
    minute, hour = int(now // rates.WINDOW) % 60, int(now // HOUR)
    return Used(row.get(f"m{minute}", 0), row.get("compute_ms", 0) / 1000, (hour + 1) * HOUR)


def used(aws: Clients, identity: Identity) -> Used:
    """What an identity has used, for an operator."""
    now = time.time()
    key = to_item({"who": identity.name, "counter": f"hour#{int(now // HOUR)}"})
    answer = aws.dynamodb.get_item(TableName=aws.settings.table("usage"), Key=key, ConsistentRead=True)
    return _used(from_item(answer.get("Item")) or {}, now)


def forget(aws: Clients, identity: Identity) -> None:
    """An identity has used nothing, and has no sessions that count."""
    for counter in (f"hour#{int(time.time() // HOUR)}", "live"):
        key = to_item({"who": identity.name, "counter": counter})
        aws.dynamodb.delete_item(TableName=aws.settings.table("usage"), Key=key)


def check(aws: Clients, session: Session, message: Message) -> None:
    """Whether a session's owner may ask for this now. Only a run of code is counted, and costs a call.

    :raises TooManyRequests: one of the limits is reached.
    """
    if session.owner is None or message["channel"] != "shell":
        return
    if barred := bar_of(aws, session):
        raise barred
    if message["header"]["msg_type"] == "execute_request" and not interact_of(message):
        count_run(aws, Identity(session.owner))


def bar_of(aws: Clients, session: Session) -> TooManyRequests | None:
    """What a session's owner is refused with when he has used up the time that he may compute for."""
    now = time.time()
    if session.owner is None or session.barred_until <= now:
        return None
    identity = Identity(session.owner)
    return _over(identity, quota_of(aws, identity), session.barred_until, now)


def report_every(aws: Clients) -> int:
    """After how many seconds of computing devices shall say so; 0: never, nobody has a limit."""
    quotas = (aws.settings.anonymous, aws.settings.signed_in)
    return REPORTED_EVERY if any(quota.compute_seconds_per_hour for quota in quotas) else 0


def meter(aws: Clients, session: Session, seconds: float) -> Session:
    """Count what a session has computed since its device has last said so.

    What a device says is believed as far as the clock allows: it can say of its own sessions alone, and of
    each no more than the time since its claim, which is counted once.

    :param seconds: since the claim, all told: so the same may be told again.
    :returns: the session, barred if the time is used up now.
    """
    if session.owner is None or session.claimed_at is None:
        return session
    identity, now = Identity(session.owner), time.time()
    quota = quota_of(aws, identity)
    told = int(1000 * min(seconds, now - session.claimed_at))
    if not quota.compute_seconds_per_hour or told <= session.computed_ms:
        return session
    if not _note(aws, session, "computed_ms", session.computed_ms, told):
        return session  # the same was told twice at once
    used = _count(aws, identity, now, "compute_ms", told - session.computed_ms)
    if used.seconds < quota.compute_seconds_per_hour:
        return session
    _note(aws, session, "barred_until", session.barred_until, used.ends_at)
    return replace(session, barred_until=used.ends_at)


def _note(aws: Clients, session: Session, name: str, known: int, value: int) -> bool:
    """:returns: False when somebody else has written it since it was read."""
    sessions.forget_seen(aws, session.session_id)
    try:
        aws.dynamodb.update_item(
            TableName=aws.settings.table("sessions"),
            Key=to_item({"session_id": session.session_id}),
            UpdateExpression="SET #name = :value",
            ConditionExpression="epoch = :epoch AND (#name = :known OR attribute_not_exists(#name))",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=to_item({":value": value, ":known": known, ":epoch": session.epoch}),
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        return False
    return True
