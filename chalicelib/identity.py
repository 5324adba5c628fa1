"""Who asks: an address, a program with an API key, or a person for whom an OpenID Connect issuer vouches."""

import hashlib
import hmac
import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib import api_keys
from chalicelib.clients import Clients
from chalicelib.errors import NotAuthorized
from chalicelib.schemas import MAX_IDENTITY_TOKEN
from chalicelib.settings import Settings

_SUBPROTOCOL, _BEARER = "longwire.v1", "longwire.bearer."


@dataclass(frozen=True)
class Identity:
    """Whom runs and sessions are counted for: `address#192.0.2.7`, `key#<id>` or `person#<hash>`.

    `until`: when what was shown of it expires, in seconds since 1970.
    """

    name: str
    until: int | None = field(default=None, compare=False)

    @property
    def is_anonymous(self) -> bool:
        return self.name.startswith("address#")

    @property
    def spoken(self) -> str:
        """How an error speaks of it to whoever it is."""
        kind = self.name.partition("#")[0]
        return {"address": "your network address", "key": "this API key"}.get(kind, "you")


def address_of(settings: Settings, headers: Mapping[str, str], source: str) -> str:
    """The reader's address. What a header says of it counts only if CloudFront shows that it has written it
    (infra/template/web.yaml).

    :param headers: with names in lower case.
    :param source: who opened the connection to API Gateway: a reader, or one of CloudFront's machines.
    """
    shown, seen = headers.get("x-longwire-edge", ""), headers.get("x-longwire-viewer", "")
    if seen and settings.edge_secret and hmac.compare_digest(shown.encode(), settings.edge_secret.encode()):
        return seen
    return source


def anonymous(address: str) -> Identity:
    """Whoever has an IPv6 address has some 2^64 of them."""
    try:
        network = str(ipaddress.IPv6Network((address, 64), strict=False))
    except ValueError:
        network = address
    return Identity(f"address#{network}")


def known(aws: Clients, token: str, field: str = "identity_token") -> Identity:
    """Who shows an API key or an identity token.

    :param field: where it stood.
    :raises NotAuthorized: it is neither, or not good (any more).
    """
    if len(token) > MAX_IDENTITY_TOKEN:
        raise NotAuthorized(f"{field}: has more than {MAX_IDENTITY_TOKEN} characters", field)
    if api_keys.is_one(token):
        return Identity(f"key#{api_keys.check(aws, token, field)}")
    if aws.settings.issuer is None:
        raise NotAuthorized(f"{field}: this service has no sign-in, leave it out", field)
    from chalicelib import oidc  # heavy, and of use only here

    person = oidc.verified(aws.settings.issuer, token, field)
    name = hashlib.sha256(f"{person.issuer}\0{person.subject}".encode()).hexdigest()[:32]
    return Identity(f"person#{name}", person.until)


def require_still_good(aws: Clients, identity: Identity) -> None:
    """A connection may be older than the revocation of its key, or than its token is good.

    :raises NotAuthorized: what it has shown is not good any more.
    """
    kind, _, name = identity.name.partition("#")
    if kind == "key":
        api_keys.require(aws, name)
    if identity.until is not None and identity.until <= time.time():
        raise NotAuthorized("identity_token: has expired, open another connection", "identity_token")


def of_request(aws: Clients, headers: Mapping[str, str], address: str) -> Identity:
    """Who makes an HTTP request that needs no session's token.

    :raises NotAuthorized: what it shows is not good; it is not taken for anonymous then.
    """
    if (key := headers.get("x-api-key")) is not None:
        return Identity(f"key#{api_keys.check(aws, key)}")
    token = bearer(headers)
    return anonymous(address) if token is None else known(aws, token)


def bearer(headers: Mapping[str, str]) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def of_handshake(aws: Clients, headers: Mapping[str, str], address: str) -> tuple[Identity, str | None]:
    """Who opens a websocket, and the subprotocol to answer with, if one was offered.

    A client that cannot say `hello` offers `longwire.v1` and `longwire.bearer.<token>`: a browser's own
    WebSocket has no other place for a secret that is in no log. (A token has only characters that may stand
    there, RFC 7230 3.2.6.)

    :param headers: with names in lower case.
    :raises NotAuthorized: the token is not good.
    """
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    token = next((name.removeprefix(_BEARER) for name in offered if name.startswith(_BEARER)), None)
    identity = anonymous(address) if token is None else known(aws, token)
    return identity, _SUBPROTOCOL if _SUBPROTOCOL in offered else None
