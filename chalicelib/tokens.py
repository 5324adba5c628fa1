"""Secrets: made here, stored as hashes, compared in constant time."""

import hashlib
import hmac
import secrets
import time


def new_token() -> str:
    """A secret with 256 bits, safe in URLs and headers."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a token. A fast hash is right for a secret that nobody can guess."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def watch_token(token: str) -> str:
    """The read-only token of a session whose own token this is; that one cannot be found from it."""
    return hmac.new(token.encode(errors="surrogatepass"), b"watch", hashlib.sha256).hexdigest()


def matches(token: str, token_hash: str) -> bool:
    return hmac.compare_digest(hash_token(token), token_hash)


def new_id() -> str:
    """An id that cannot be guessed, for sessions and devices."""
    return secrets.token_hex(12)


def new_key() -> str:
    """A sort key that sorts by the time when it was made (milliseconds), unique by its random tail."""
    return f"{time.time_ns() // 1_000_000:013d}-{secrets.token_hex(4)}"
