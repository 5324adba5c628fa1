"""A session begins: for somebody who may have one."""

from chalicelib import live, quotas, sessions, tokens
from chalicelib.clients import Clients
from chalicelib.identity import Identity
from chalicelib.sessions import Session
from chalicelib.telemetry import count
from chalicelib.terms import Terms


def begin(aws: Clients, identity: Identity, site: str | None, terms: Terms) -> tuple[Session, str]:
    """A new session that waits in its pool, and its token, which is told this once.

    :param site: the origin of the page that asks, if a page does.
    :raises InvalidMessage: there is no such pool.
    :raises SignInNeeded: the service is for those who are known.
    :raises TooManyRequests: one of the limits is reached.
    """
    session_id = tokens.new_id()
    quotas.admit(aws, identity, site, session_id)
    try:
        made = sessions.create(aws, terms, session_id, identity.name)
    except Exception:
        live.free(aws, identity, session_id)
        raise
    count("SessionCreated")
    return made
