"""Refuses forms that put into S3 what their policy does not allow, as S3 does; moto reads no policy.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
import json
import time
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from werkzeug.formparser import parse_form_data

from infra.local.faults.answers import Answer, s3_error

MAX_FORM_BYTES = 20 * 1024 * 1024
_UNSIGNED = ("file", "policy", "x-amz-signature")


def is_form(environ: Mapping[str, Any]) -> bool:
    """Whether a browser puts an object by a form."""
    is_multipart = str(environ.get("CONTENT_TYPE", "")).startswith("multipart/form-data")
    return is_multipart and environ["REQUEST_METHOD"] == "POST"


def answer(environ: dict[str, Any]) -> Answer | None:
    """The refusal of a form, or None if its policy allows it; its body can be read again afterwards."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_FORM_BYTES:
        return _too_large()
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = BytesIO(body)
    _, form, files = parse_form_data({**environ, "wsgi.input": BytesIO(body)})
    try:
        policy = json.loads(base64.b64decode(form["policy"]))
        form["x-amz-signature"]
        expires_at = datetime.fromisoformat(policy["expiration"]).timestamp()
        conditions = policy["conditions"]
        size = len(files["file"].read())
    except (ValueError, KeyError, TypeError):
        return _denied("Invalid according to Policy: it is not whole")
    if expires_at < time.time():
        return _denied("Invalid according to Policy: Policy expired.")
    fields = {**form, "bucket": environ["PATH_INFO"].strip("/")}
    return _breach(conditions, {name: text for name, text in fields.items() if name not in _UNSIGNED}, size)


def _breach(conditions: list[Any], fields: dict[str, str], size: int) -> Answer | None:
    for condition in conditions:
        if isinstance(condition, list):
            _, least, most = condition  # content-length-range, the only kind that the service makes
            if size > most:
                return _too_large()
            if size < least:
                return s3_error(
                    400, "EntityTooSmall", "Your proposed upload is smaller than the minimum size"
                )
            continue
        for name, text in condition.items():
            if fields.pop(name, None) != text:
                return _denied(f"Invalid according to Policy: Policy Condition failed: {name}")
    return (
        _denied(f"Invalid according to Policy: Extra input fields: {', '.join(fields)}") if fields else None
    )


def _denied(words: str) -> Answer:
    return s3_error(403, "AccessDenied", words)


def _too_large() -> Answer:
    return s3_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
