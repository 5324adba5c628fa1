"""The HTTP routes' work: bodies in, bodies out; for clients without a websocket, and for devices."""

import time
from collections.abc import Mapping
from typing import Any

from chalicelib import (
    PROTOCOL,
    VERSION,
    admission,
    bodies,
    claims,
    credentials,
    devices,
    identity,
    pools,
    queues,
    quotas,
    rates,
    sessions,
    tokens,
    uploads,
    websocket,
)
from chalicelib.bodies import Body
from chalicelib.claims import Lease, Wanted
from chalicelib.clients import Clients
from chalicelib.devices import Device
from chalicelib.errors import InvalidMessage, LongwireError
from chalicelib.frames import how_many_fit
from chalicelib.iopub import Replay
from chalicelib.messages import interact_of, make
from chalicelib.parsing import MAX_REQUEST_BYTES, check, parse_json, validated
from chalicelib.rates import Rate
from chalicelib.telemetry import about, count, seconds
from chalicelib.terms import Terms

MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""A Lambda's answer ends at 6 MB."""
MAX_WAIT = 20
"""Seconds: API Gateway ends an integration after 29 s."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two looks into the buffer."""

# Each holds a Lambda for as long as it waits.
_WAITS = Rate("waits", 600, "messages may be waited for 600 times a minute")

Answer = dict[str, Any]


def read(raw: str | bytes | None, body: Body) -> dict[str, Any]:
    """What is known of the JSON body of a request, checked; an empty one counts as {}.

    :raises InvalidMessage: names the field that does not fit.
    """
    content = parse_json(raw or "{}", 2 * MAX_REQUEST_BYTES)
    check(body.check, content)
    return {name: content[name] for name in body.schema["properties"] if name in content}


def health(least: str) -> Answer:
    return {"status": "ok", "version": VERSION, "protocol": PROTOCOL, "min_agent_version": least}


def create_session(aws: Clients, raw: str | bytes | None, headers: Mapping[str, str], address: str) -> Answer:
    """A session, and its first request if one is given.

    :param address: whose request it is; counted unless the request shows who asks.
    """
    body = read(raw, bodies.NEW_SESSION)
    try:
        request = validated(body["request"]) if "request" in body else None
    except LongwireError as error:
        error.move_inside("request")
        raise
    if request and (request["header"]["msg_type"] != "execute_request" or interact_of(request)):
        raise InvalidMessage("request: must be an execute_request with code", "request")
    who = identity.of_request(aws, headers, address)
    session, token = admission.begin(aws, who, headers.get("origin"), Terms.of(body))
    if request:
        websocket.submit_first(aws, session, request)
    return {
        "session": session.session_id,
        "token": token,
        "watch_token": tokens.watch_token(token),
        "session_status": session.status,
    }


def post_message(aws: Clients, session_id: str, token: str | None, raw: str | bytes | None) -> Answer:
    """One request for a session."""
    session = sessions.authorized(aws, session_id, token)
    message = validated(parse_json(raw, MAX_REQUEST_BYTES))
    about(message["header"]["msg_id"], session_id=session_id)
    if message["header"]["msg_type"] == "hello":
        raise InvalidMessage("header.msg_type: hello is for websockets", "header.msg_type")
    quotas.check(aws, session, message)
    websocket.submit(aws, session, message)
    return {"msg_id": message["header"]["msg_id"]}


def grant_upload(aws: Clients, session_id: str, token: str | None, raw: str | bytes | None) -> Answer:
    """Where and how the content of one large message may be put away."""
    session = sessions.authorized(aws, session_id, token)
    return uploads.grant(aws, session, read(raw, bodies.UPLOAD)["size"])


def control(aws: Clients, session_id: str, token: str | None, msg_type: str) -> Answer:
    """Interrupt or shut down, as a message like any other."""
    session = sessions.authorized(aws, session_id, token)
    message = make(msg_type, "control", {})
    websocket.submit(aws, session, message)
    return {"msg_id": message["header"]["msg_id"]}


def _whole_number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "0")
    if not text.isdecimal() or len(text) > 16:
        raise InvalidMessage(f"{name}: must be a whole number", name)
    return int(text)


def read_messages(aws: Clients, session_id: str, token: str | None, query: Mapping[str, str]) -> Answer:
    """What the session sent after a sequence; waits a bounded time for something new."""
    session, _ = sessions.readable(aws, session_id, token)
    after = _whole_number(query, "after")
    wait = min(_whole_number(query, "wait"), MAX_WAIT)
    if wait and session.owner:
        rates.take(aws, session.owner, _WAITS)
    until = time.monotonic() + wait
    pause = FIRST_PAUSE
    sessions.place(aws, session)
    while True:
        session = devices.check_alive(aws, session)
        found = websocket.replay(aws, session, after)
        if found.messages or not session.live or time.monotonic() + pause > until:
            break
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
        session = sessions.get(aws, session_id)
    shown = _fitting(found)
    return {
        "messages": shown.messages,
        "sequence": shown.sequence,
        "session_status": session.status,
        "reason": session.reason,
    }


def _fitting(found: Replay) -> Replay:
    """As many of the first messages as one answer may hold; its sequence asks for the rest next time."""
    shown = found.messages[: how_many_fit(found.messages, MAX_ANSWER_BYTES)]
    if len(shown) == len(found.messages):
        return found
    return Replay(shown, shown[-1]["sequence"])


def enrol(aws: Clients, raw: str | bytes | None) -> Answer:
    body = read(raw, bodies.ENROL)
    devices.require_spoken(body.get("protocol"))
    device, token = devices.enrol(aws, body["enrolment_token"], body.get("facts", {}))
    count("DeviceEnrolled")
    return {
        "device_id": device.device_id,
        "device_token": token,
        "pool": device.pool,
        "labels": list(device.labels),
    }


def describe_device(aws: Clients, device: Device) -> Answer:
    """What the service knows of a device, and what it asks of it."""
    shown = ("device_id", "pool", "labels", "state", "reason", "since", "heartbeat_at", "version", "sandbox")
    known = {name: getattr(device, name) for name in shown}
    return {**known, "labels": list(device.labels), "policy": pools.policy(aws, device.pool)}


def start_device(aws: Clients, device: Device, raw: str | bytes | None) -> Answer:
    """A run of a device begins; the answer has all that an agent needs to know of the service."""
    body = read(raw, bodies.START)
    devices.require_spoken(body.get("protocol"))
    started = devices.start(aws, device, body.get("facts", {}), body.get("sandbox"), body.get("instance", ""))
    names = aws.settings
    return {
        "run": started.run,
        "pool": started.pool,
        "labels": list(started.labels),
        "policy": pools.policy(aws, started.pool),
        "queues": {"pool": queues.pool_url(aws, started.pool), "device": started.queue_url},
        "settings": {
            "prefix": names.prefix,
            "payload_bucket": names.payload_bucket,
            "connections_url": names.connections_url,
            "region": aws.dynamodb.meta.region_name,
            "heartbeat_interval": names.heartbeat_interval,
            "lease": names.device_lost_after,
            "report_every": quotas.report_every(aws),
        },
    }


def device_credentials(aws: Clients, device: Device) -> Answer:
    return dict(credentials.issue(aws, device).__dict__)


def heartbeat(aws: Clients, device: Device, raw: str | bytes | None) -> Answer:
    beat = read(raw, bodies.HEARTBEAT)
    first_output = beat.pop("first_output", None)
    state = devices.heartbeat(aws, device, beat.pop("run"), beat).state
    if first_output is not None:
        # A device may say anything: an hour is as long as an average need bear.
        seconds("FirstOutputLatency", min(first_output, 3600.0))
    return {"state": state}


def claim(aws: Clients, device: Device, session_id: str, raw: str | bytes | None) -> Answer:
    """The session is the device's; `session_key` is the partition of iopub that it writes.

    With `take` the answer has what a first take would give, for a device that can serve it at once.
    """
    devices.require_version(aws, device.version)
    body = read(raw, bodies.CLAIM)
    session = claims.claim(aws, device, body["run"], session_id)
    return {
        "taken": claims.given(aws, session, claims.EVERYTHING) if body.get("take") else None,
        "epoch": session.epoch,
        "session_key": session.session_key,
        "kernel": session.kernel,
        "idle_timeout": session.idle_timeout,
        "keep": session.keep,
    }


def take(aws: Clients, device_id: str, token: str | None, session_id: str, raw: str | bytes | None) -> Answer:
    body = read(raw, bodies.TAKE)
    lease = Lease(device_id, token, body["run"], body["epoch"])
    wanted = Wanted(
        tuple(body["channels"]), body.get("states", {}), body.get("done", {}), body.get("computed", 0)
    )
    return claims.take(aws, lease, session_id, wanted)


def end(aws: Clients, device_id: str, token: str | None, session_id: str, raw: str | bytes | None) -> Answer:
    body = read(raw, bodies.END)
    lease = Lease(device_id, token, body["run"], body["epoch"])
    claims.end(aws, lease, session_id, body["status"], body["reason"], body.get("computed", 0))
    return {}
