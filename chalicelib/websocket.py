"""The websocket's three routes: connect, a message, disconnect."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chalicelib import (
    PROTOCOL,
    VERSION,
    admission,
    channels,
    connections,
    devices,
    identity,
    iopub,
    origins,
    payloads,
    queues,
    quotas,
    sessions,
    tokens,
    versions,
)
from chalicelib.aside import aside
from chalicelib.clients import Clients
from chalicelib.connections import Connection
from chalicelib.errors import (
    InvalidMessage,
    LongwireError,
    SessionNotFound,
    StaleLease,
    WatchOnly,
)
from chalicelib.identity import Identity
from chalicelib.iopub import Replay
from chalicelib.messages import Message, interact_of, make
from chalicelib.parsing import error_reply, parse
from chalicelib.sessions import Session
from chalicelib.telemetry import about, count, hop, logger
from chalicelib.terms import Terms
from chalicelib.trouble import AwsError, told


def on_connect(
    aws: Clients, connection_id: str, headers: Mapping[str, str], source: str
) -> tuple[int, dict[str, str]]:
    """Check and record only: API Gateway answers 410 to a post before this returns, so `hello` does the rest.

    :param source: the address that the connection comes from.
    :returns: status and headers of the handshake.
    """
    told_us = {name.lower(): text for name, text in headers.items()}
    site = told_us.get("origin")
    try:
        origins.check(aws.settings, site)
        address = identity.address_of(aws.settings, told_us, source)
        who, subprotocol = identity.of_handshake(aws, told_us, address)
    except LongwireError as error:
        count(type(error).__name__)
        return error.status, {}
    connections.record(aws, Connection(connection_id, who=who.name, who_until=who.until, site=site))
    return 200, {"Sec-WebSocket-Protocol": subprotocol} if subprotocol else {}


def on_disconnect(aws: Clients, connection_id: str) -> None:
    """The connection is gone. AWS does not promise this call: a row that stays is removed by a post's 410."""
    connections.forget(aws, connection_id)


def on_message(aws: Clients, connection_id: str, body: str | None) -> None:
    """Serve one frame. What is wrong with it is answered on its channel; the connection lives on."""
    try:
        message = parse(body)
        about(message["header"]["msg_id"], connection_id=connection_id)
        hop("received")
        with told():
            _serve(aws, connection_id, message)
        hop("routed")
    except LongwireError as error:
        logger.info("refused", extra={"error": type(error).__name__, "field": error.field})
        count(type(error).__name__)
        _post(aws, connection_id, [error_reply(body, error)])


def _serve(aws: Clients, connection_id: str, message: Message) -> None:
    connection = connections.find(aws, connection_id)
    if message["header"]["msg_type"] == "hello":
        _hello(aws, connection, message)
    else:
        _request(aws, connection, message)


def _post(aws: Clients, connection_id: str, messages: list[Message]) -> None:
    if not connections.post(aws, connection_id, messages):
        connections.forget(aws, connection_id)


def _request(aws: Clients, connection: Connection, message: Message) -> None:
    if connection.watches_only:
        msg_type = message["header"]["msg_type"]
        raise WatchOnly(
            f"header.msg_type: {msg_type} is not for a connection that only watches its session",
            "header.msg_type",
        )
    if connection.session_id and message["channel"] == "shell":
        _to_shell(aws, connection.session_id, message)
        return
    if connection.session_id:
        session = sessions.get(aws, connection.session_id)
    elif message["header"]["msg_type"] == "execute_request" and not interact_of(message):
        session = _begin(aws, connection, message)
    else:
        raise SessionNotFound(
            "the connection has no session yet: send hello or an execute_request", "session"
        )
    submit(aws, session, message)


def _to_shell(aws: Clients, session_id: str, message: Message) -> None:
    """The longest way of a request: the session is read while the request is written, if at all."""
    known = sessions.seen_running(aws, session_id)
    if known and interact_of(message):  # all that is to be checked of a change is known then
        quotas.check(aws, known, message)
        channels.send(aws, session_id, lambda: known, message)
        return
    reading = aside(_admitted, aws, known, session_id, message)
    try:
        channels.send(aws, session_id, reading.result, message)
    finally:
        reading.exception()


def _admitted(aws: Clients, known: Session | None, session_id: str, message: Message) -> Session:
    """The session, if its owner may ask for this now."""
    session = known or sessions.get(aws, session_id)
    quotas.check(aws, session, message)
    return session


def submit(aws: Clients, session: Session, message: Message) -> None:
    """Pass a request on to the session.

    :raises SessionEnded: it has ended.
    :raises StaleState: a newer state of the same function was written.
    """
    sessions.require_live(session)
    if session.status == "queued" and message["channel"] == "control":
        # Nobody has it yet who could be interrupted.
        reason = "killed" if message["header"]["msg_type"] == "interrupt_request" else "shutdown"
        try:
            _tell(aws, sessions.end(aws, session, reason), message)
            return
        except StaleLease:  # a device was faster
            session = sessions.require_live(sessions.get(aws, session.session_id))
    channels.send(aws, session.session_id, lambda: session, message)


def submit_first(aws: Clients, session: Session, message: Message) -> None:
    """The request with which a session begins: if it cannot be passed on, nobody will know of the session."""
    try:
        submit(aws, session, message)
    except (LongwireError, *AwsError):
        with suppress(LongwireError, *AwsError):
            sessions.end(aws, session, "failed")
        raise


def _tell(aws: Clients, session: Session, request: Message) -> None:
    """Say to all watchers how a session is that has no device to say it."""
    for connection_id in connections.watchers(aws, session.session_id):
        _post(aws, connection_id, [hello_reply(aws, request, session)])


def _begin(aws: Clients, connection: Connection, request: Message) -> Session:
    """The session of a connection's first request."""
    who = Identity(connection.who or identity.anonymous("unknown").name, connection.who_until)
    identity.require_still_good(aws, who)
    session, token = admission.begin(aws, who, connection.site, connection.terms)
    winner = connections.adopt(aws, connection, session.session_id)
    if winner != session.session_id:
        # Two first requests came at once: both go to one session, the other was never rung for and expires.
        return sessions.get(aws, winner)
    _post(aws, connection.connection_id, [hello_reply(aws, request, session, token=token)])
    return session


def _hello(aws: Clients, connection: Connection, message: Message) -> None:
    content = message["content"]
    versions.require_spoken(content.get("protocol"), "content.protocol", "reload the page")
    if connection.session_id not in (None, content["session"]):
        raise InvalidMessage(
            "content.session: this connection has its session, open another", "content.session"
        )
    if content["session"] is None:
        fresh = replace(connection, terms=Terms.of(content))
        if (shown := content.get("identity_token")) is not None:
            who = identity.known(aws, shown, "content.identity_token")
            fresh = replace(fresh, who=who.name, who_until=who.until)
        if connections.record(aws, fresh):
            raise InvalidMessage("content.session: this connection has its session", "content.session")
        _post(aws, connection.connection_id, [hello_reply(aws, message, None)])
        return
    try:
        session, watches_only = sessions.readable(aws, content["session"], content.get("token"))
    except SessionNotFound as error:
        raise SessionNotFound(error.text, "content.session") from None
    if connection.session_id is None:
        # What its first hello made of a connection it stays.
        connection = replace(connection, watches_only=watches_only)
        if watches_only:
            connections.require_room(aws, session.session_id)
    _attach(aws, connection, devices.check_alive(aws, session), message)


def _attach(aws: Clients, connection: Connection, session: Session, hello: Message) -> None:
    """Post what the browser missed, let it watch, and tell the device of it.

    It watches from the last message of this replay: what the session sends between the replay and the moment
    when the device knows of the connection, the device posts itself. The row is there before the answer, so
    that a request which follows the answer finds its session.
    """
    after = hello["content"].get("after", 0)
    missed = replay(aws, session, after)
    is_new = connections.attach(aws, connection, session.session_id, missed.sequence)
    place = sessions.place(aws, session)
    answer = hello_reply(
        aws, hello, session, missed.sequence, place=place, watches_only=connection.watches_only
    )
    _post(aws, connection.connection_id, [*missed.messages, answer])
    if session.status == "queued":
        # A device may have claimed it, and asked who watches, since it was read.
        session = sessions.get(aws, session.session_id)
    if session.doorbell and is_new:
        try:
            queues.ring(aws, session.doorbell, session.session_id, "connections")
        except AwsError:
            # The device does not know of it: the next hello shall find it new again.
            connections.unwatch(aws, session.session_id, connection.connection_id)
            raise


def replay(aws: Clients, session: Session, after: int) -> Replay:
    """What the session sent after a sequence, with fresh links to what is large."""
    key = session.session_key
    if key is None:
        return Replay([], after)
    found = iopub.replay(aws, key, after)
    if not session.live and not found.ended:
        sessions.announce(aws, session)  # whoever ended it could not finish that
        found = iopub.replay(aws, key, after)
    return Replay([payloads.link(aws, key, message) for message in found.messages], found.sequence)


def hello_reply(
    aws: Clients,
    request: Message,
    session: Session | None,
    sequence: int = 0,
    token: str | None = None,
    place: int | None = None,
    watches_only: bool = False,
) -> Message:
    """How the session is; `token` only in the answer to the request that made it."""
    content: dict[str, Any] = {
        "status": "ok",
        "session": session.session_id if session else None,
        "session_status": session.status if session else None,
        "reason": session.reason if session else None,
        "sequence": sequence,
        "place": place,
        "idle_timeout": session.idle_timeout if session else aws.settings.default_idle_timeout,
        "protocol": PROTOCOL,
        "version": VERSION,
    }
    if watches_only:
        content["watches_only"] = True
    if token is not None:
        content |= {"token": token, "watch_token": tokens.watch_token(token)}
    return make("hello_reply", "control", content, request["header"])
