"""Identity tokens: JSON Web Tokens that an OpenID Connect issuer has signed (RFC 7519, RFC 8725)."""

import json
import time
import urllib.request
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from threading import Lock
from typing import Any

import jwt

from chalicelib.errors import Busy, NotAuthorized
from chalicelib.settings import Issuer, require_secure
from chalicelib.telemetry import logger

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those of key pairs alone: with a shared secret the issuer's public key would be one (RFC 8725, 2.1)."""
LEEWAY = 30.0
"""Seconds by which clocks may differ."""
KEPT = 3600.0
"""Seconds after which keys are asked for again: one that the issuer has taken back is good no longer."""
PAUSE = 30.0
"""Seconds between two questions for keys: tokens with made-up keys shall not make us flood the issuer."""
TIMEOUT = 3.0
MAX_DOCUMENT = 1_000_000
MAX_SUBJECT = 255
"""Characters (OpenID Connect Core 1.0, section 2)."""


@dataclass(frozen=True)
class Person:
    """Somebody by his issuer's name for him; `until`: when the token expires, in seconds since 1970."""

    issuer: str
    subject: str
    until: int


def verified(issuer: Issuer, token: str, field: str = "identity_token") -> Person:
    """Who a token is of.

    :param field: where it stood.
    :raises NotAuthorized: the token is not good; why is told, but nothing of the token.
    :raises Busy: the issuer does not answer.
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError("alg is not one of those that are taken")
        claims = jwt.decode(
            token,
            _keys(issuer).one(header.get("kid")),
            algorithms=ALGORITHMS,
            issuer=issuer.url,
            audience=issuer.audience,
            leeway=LEEWAY,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        why = str(error) if isinstance(error, jwt.InvalidTokenError) else type(error).__name__
        raise NotAuthorized(f"{field}: is not good ({why[:100]})", field) from None
    subject = claims["sub"]
    if not 0 < len(subject) <= MAX_SUBJECT:
        raise NotAuthorized(f"{field}: its sub is empty or too long", field)
    return Person(issuer.url, subject, int(claims["exp"] + LEEWAY))


@cache
def _keys(issuer: Issuer) -> "Keys":
    return Keys(issuer)


class Keys:
    """The public keys of an issuer, kept for a while."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._lock = Lock()
        self._by_id: dict[str | None, jwt.PyJWK] = {}
        self._fetched = self._asked = float("-inf")

    def one(self, key_id: str | None) -> jwt.PyJWK:
        """:raises jwt.InvalidTokenError: the issuer has no such key.
        :raises Busy: the issuer does not answer.
        """
        with self._lock:
            now = time.monotonic()
            is_old = now - self._fetched > KEPT
            if (is_old or key_id not in self._by_id) and now - self._asked > PAUSE:
                self._asked = now
                self._fetch()
            elif is_old:
                raise Busy("the issuer of identity tokens did not answer: send this again in half a minute")
        try:
            return self._by_id[key_id]
        except KeyError:
            raise jwt.InvalidTokenError("the issuer has no key with this kid") from None

    def _fetch(self) -> None:
        try:
            address = self._issuer.jwks_url or self._discovered()
            require_secure(address)
            keys = jwt.PyJWKSet.from_dict(_document(address)).keys
        except (OSError, HTTPException, ValueError, LookupError, TypeError, jwt.PyJWTError) as error:
            logger.warning("an issuer's keys could not be read", extra={"error": str(error)[:200]})
            if time.monotonic() - self._fetched > KEPT:
                raise Busy("the issuer of identity tokens does not answer: send this again") from error
            return
        self._by_id = {key.key_id: key for key in keys}
        self._fetched = time.monotonic()

    def _discovered(self) -> str:
        """OpenID Connect Discovery 1.0, section 4: the document names the issuer that it is of."""
        url = self._issuer.url
        document = _document(f"{url.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != url:
            raise ValueError(f"the discovery document is of {document['issuer']}, not of {url}")
        return str(document["jwks_uri"])


def _document(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:  # noqa: S310 - the scheme was checked
        document = json.loads(answer.read(MAX_DOCUMENT))
    if not isinstance(document, dict):
        raise TypeError(f"{address} is no JSON object")
    return document
