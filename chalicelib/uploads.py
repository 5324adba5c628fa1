"""What is too large for a request: a browser puts it into S3 itself, and the device gets a link to it."""

import uuid
from collections.abc import Mapping
from typing import Any

import fastjsonschema

from chalicelib import payloads, rates
from chalicelib.bodies import MAX_UPLOAD_BYTES
from chalicelib.clients import Clients
from chalicelib.messages import Message
from chalicelib.parsing import check, completed, parse_json
from chalicelib.rates import Rate
from chalicelib.sessions import Session, require_live

GRANT_SECONDS = 300
"""For which one may begin to upload."""

_values: dict[str, Any] = {"type": "object", "maxProperties": 200}
_check_body = fastjsonschema.compile(
    {
        "type": "object",
        "required": ["content", "buffers"],
        "additionalProperties": False,
        "properties": {
            "content": {"type": "object"},
            "buffers": {"type": "array", "maxItems": 100, "items": {"type": "string"}},
            "values": _values,
        },
    }
)


def _object_key(session_id: str, upload_id: str) -> str:
    return f"uploads/{session_id}/{upload_id}"


def grant(aws: Clients, session: Session, size: int) -> dict[str, Any]:
    """An id, and the form with which one may put at most `size` bytes under it.

    :raises SessionEnded: it has ended.
    :raises TooManyRequests: there were too many of them.
    """
    require_live(session)
    limit = aws.settings.uploads_per_minute
    rule = f"a session takes {limit} large requests a minute"
    rates.take(aws, f"session#{session.session_id}", Rate("uploads", limit, rule))
    upload_id = uuid.uuid4().hex
    fields = {"Content-Type": "application/json"}
    form = aws.s3.generate_presigned_post(
        Bucket=aws.settings.payload_bucket,
        Key=_object_key(session.session_id, upload_id),
        Fields=fields,
        Conditions=[fields, ["content-length-range", 1, size]],
        ExpiresIn=GRANT_SECONDS,
    )
    return {"upload": upload_id, "url": form["url"], "fields": form["fields"]}


def linked(aws: Clients, session_id: str, message: Message) -> Message:
    """The message with a fresh link to what was put away for it; only its own session's can be reached."""
    payload = put_away(message)
    if payload is None:
        return message
    url = payloads.presigned(aws, _object_key(session_id, payload["upload"]))
    return {**message, "metadata": {**message["metadata"], "payload": {**payload, "url": url}}}


def put_away(message: Message) -> Mapping[str, Any] | None:
    """The `upload` id of what was put away for a request, and the `url` if it is linked."""
    payload: Mapping[str, Any] | None = message["metadata"].get("payload")
    return payload


def restored(message: Message, raw: bytes) -> Message:
    """The request as it was before its content was put away.

    :param raw: JSON of its `content`, its `buffers` and, of a change of controls, its `values`.
    :raises InvalidMessage, MessageTooLarge: names the field that does not fit.
    """
    body = parse_json(raw, MAX_UPLOAD_BYTES)
    check(_check_body, body)
    metadata = {name: value for name, value in message["metadata"].items() if name != "payload"}
    if "interact" in metadata:
        metadata["interact"] = {**metadata["interact"], "values": body.get("values", {})}
    whole: Message = {**message, "content": body["content"], "buffers": body["buffers"], "metadata": metadata}
    return completed(whole)
