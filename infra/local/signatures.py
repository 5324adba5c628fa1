"""How old a signature may be: AWS refuses a request whose sender's clock is wrong, and so does this stack.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

FORMAT = "%Y%m%dT%H%M%SZ"
MINUTES = 5
S3_MINUTES = 15


def complaint(signed_at: str | None, minutes: int = MINUTES) -> str | None:
    """What is wrong with a request's X-Amz-Date, in AWS's words; None if nothing is or there is none."""
    date = _read(signed_at)
    if date is None:
        return None
    now = time.time()
    written = datetime.fromtimestamp(now, UTC).strftime(FORMAT)
    if date < now - 60 * minutes:
        return f"Signature expired: {signed_at} is now earlier than {written} - {minutes} min."
    if date > now + 60 * minutes:
        return f"Signature not yet current: {signed_at} is still later than {written} + {minutes} min."
    return None


def link_complaint(query: Mapping[str, str]) -> str | None:
    """What is wrong with the time of a presigned link's query."""
    date, lasts = _read(query.get("X-Amz-Date")), query.get("X-Amz-Expires", "")
    if date is None or not lasts.isdecimal():
        return None
    if date > time.time() + 60 * S3_MINUTES:
        return "Request is not yet valid"
    return "Request has expired" if date + int(lasts) < time.time() else None


@lru_cache(maxsize=64)
def _read(text: str | None) -> float | None:
    try:
        return datetime.strptime(text or "", FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
