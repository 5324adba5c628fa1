"""Refuses what was signed by a wrong clock, in the words of DynamoDB, S3 and STS."""

from typing import Any
from urllib.parse import parse_qsl

from infra.local.faults.answers import Answer, s3_error, sts_error, typed_error
from infra.local.signatures import S3_MINUTES, complaint, link_complaint


def answer(environ: dict[str, Any]) -> Answer | None:
    """The refusal of a request, or None if its time is right or it is not signed."""
    signed_at = environ.get("HTTP_X_AMZ_DATE")
    if environ.get("HTTP_X_AMZ_TARGET"):
        words = complaint(signed_at)
        return (
            typed_error(400, "com.amazon.coral.service#InvalidSignatureException", words) if words else None
        )
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        words = complaint(signed_at)
        return sts_error(403, "Sender", "SignatureDoesNotMatch", words) if words else None
    if complaint(signed_at, S3_MINUTES):
        words = "The difference between the request time and the current time is too large."
        return s3_error(403, "RequestTimeTooSkewed", words)
    words = link_complaint(dict(parse_qsl(environ.get("QUERY_STRING", ""))))
    return s3_error(403, "AccessDenied", words) if words else None
