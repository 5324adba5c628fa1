"""Identity tokens: who is taken for whom, and every way in which a token can be bad."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from chalicelib import oidc, settings
from chalicelib.errors import Busy, NotAuthorized
from chalicelib.settings import Settings
from tests.issuer import CLIENT, Issuer


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The steady time of the keys' age, which a test can move."""
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(oidc, "time", clock)
    return clock


@pytest.fixture
def trusted(issuer: Issuer, clock: SimpleNamespace) -> settings.Issuer:
    issuer.asked.clear()
    issuer.is_down = False
    oidc._keys.cache_clear()
    return settings.Issuer(issuer.url, CLIENT)


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def by_hand(header: Any, claims: Any, sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    """A token that no library would make."""
    signed = f"{part(header)}.{part(claims)}"
    return f"{signed}.{base64.urlsafe_b64encode(sign(signed.encode())).decode().rstrip('=')}"


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_token_of_the_issuer_names_its_reader(issuer: Issuer, trusted: settings.Issuer, alg: str) -> None:
    assert oidc.verified(trusted, issuer.token(alg)).subject == "reader"
    assert oidc.verified(trusted, issuer.token(alg, aud=["another", CLIENT])).issuer == issuer.url


def claims_of(issuer: Issuer) -> dict[str, Any]:
    return {"iss": issuer.url, "aud": CLIENT, "sub": "reader", "exp": int(time.time()) + 600}


BAD: dict[str, Callable[[Issuer], str]] = {
    "alg none": lambda issuer: by_hand({"alg": "none", "kid": "rsa"}, claims_of(issuer)),
    "HS256 by the public key": lambda issuer: by_hand(
        {"alg": "HS256", "kid": "rsa"},
        claims_of(issuer),
        lambda text: hmac.digest(issuer.public_pem, text, hashlib.sha256),
    ),
    "another key's signature": lambda issuer: jwt.encode(
        claims_of(issuer), Issuer().rsa, "RS256", {"kid": "rsa"}
    ),
    "the other key's alg": lambda issuer: by_hand({"alg": "ES256", "kid": "rsa"}, claims_of(issuer)),
    "changed claims": lambda issuer: ".".join(
        [(parts := issuer.token().split("."))[0], part({**claims_of(issuer), "sub": "teacher"}), parts[2]]
    ),
    "unknown kid": lambda issuer: issuer.token(kid="stolen"),
    "wrong issuer": lambda issuer: issuer.token(iss="https://elsewhere.example"),
    "wrong audience": lambda issuer: issuer.token(aud="another-page"),
    "no audience": lambda issuer: issuer.token(aud=None),
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - 31),
    "without an end": lambda issuer: issuer.token(exp=None),
    "not yet": lambda issuer: issuer.token(nbf=int(time.time()) + 60),
    "no subject": lambda issuer: issuer.token(sub=None),
    "empty subject": lambda issuer: issuer.token(sub=""),
    "no token at all": lambda _: "secret",
    "half a character": lambda _: "\ud800.e30.e30",
    "a deep header": lambda _: base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.e30",
    "a list as alg": lambda issuer: by_hand({"alg": ["RS256"], "kid": "rsa"}, claims_of(issuer)),
    "a list as kid": lambda issuer: by_hand({"alg": "RS256", "kid": ["rsa"]}, claims_of(issuer)),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_token_is_refused_without_a_word_of_it(
    issuer: Issuer, trusted: settings.Issuer, bad: str
) -> None:
    token = BAD[bad](issuer)

    with pytest.raises(NotAuthorized) as caught:
        oidc.verified(trusted, token)

    assert caught.value.field == "identity_token"
    assert token not in caught.value.text and "reader" not in caught.value.text


def test_keys_are_kept_and_asked_for_again_for_an_unknown_one_but_not_at_every_such_token(
    issuer: Issuer, trusted: settings.Issuer, clock: SimpleNamespace
) -> None:
    for _ in range(3):
        oidc.verified(trusted, issuer.token())
    assert issuer.asked.count("/keys") == 1

    clock.now += oidc.PAUSE + 1
    for number in range(20):
        with pytest.raises(NotAuthorized):
            oidc.verified(trusted, issuer.token(kid=f"made-up-{number}"))
    assert issuer.asked.count("/keys") == 2

    clock.now += oidc.KEPT + 1
    oidc.verified(trusted, issuer.token())
    assert issuer.asked.count("/keys") == 3


def test_an_issuer_that_is_down_is_trouble_that_passes_and_is_not_asked_at_every_token(
    issuer: Issuer, trusted: settings.Issuer, clock: SimpleNamespace
) -> None:
    issuer.is_down = True
    for _ in range(5):
        with pytest.raises(Busy):
            oidc.verified(trusted, issuer.token())
    assert len(issuer.asked) == 1

    issuer.is_down = False
    clock.now += oidc.PAUSE + 1
    oidc.verified(trusted, issuer.token())


def test_while_its_keys_are_fresh_an_issuer_may_be_down(
    issuer: Issuer, trusted: settings.Issuer, clock: SimpleNamespace
) -> None:
    oidc.verified(trusted, issuer.token())
    issuer.is_down = True
    clock.now += oidc.PAUSE + 1

    with pytest.raises(NotAuthorized):
        oidc.verified(trusted, issuer.token(kid="unknown"))
    oidc.verified(trusted, issuer.token())


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OIDC_ISSUER": "https://sign-in.example"}, "LONGWIRE_OIDC_AUDIENCE"),
        ({"OIDC_ISSUER": "http://sign-in.example", "OIDC_AUDIENCE": "page"}, "https"),
        (
            {"OIDC_ISSUER": "https://a.example", "OIDC_AUDIENCE": "a", "OIDC_JWKS": "http://a.example/keys"},
            "https",
        ),
        ({"ACCESS": "everybody"}, "LONGWIRE_ACCESS must be one of anonymous, signed-in"),
    ],
)
def test_settings_that_would_let_anybody_in_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str
) -> None:
    monkeypatch.setenv("LONGWIRE_PREFIX", "p")
    for name, value in variables.items():
        monkeypatch.setenv(f"LONGWIRE_{name}", value)

    with pytest.raises(ValueError, match=words):
        Settings.from_environment()
