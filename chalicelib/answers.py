"""What the HTTP routes answer: the schema of every body, for the description and for tests."""

from typing import Any

from chalicelib.bodies import Schema

_text: Schema = {"type": "string"}
_words: Schema = {"type": ["string", "null"]}
_whole: Schema = {"type": "integer"}
_texts: Schema = {"type": "array", "items": _text}
_object: Schema = {"type": "object"}
_status: Schema = {"enum": ["queued", "claimed", "running", "ended", "lost"]}
_device_state: Schema = {"enum": ["registered", "online", "draining", "offline", "revoked"]}


def _answer(optional: tuple[str, ...] = (), **properties: Any) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


MESSAGE = _answer(
    ("sequence",),
    header=_answer(msg_id=_text, msg_type=_text),
    parent_header=_object,
    metadata=_object,
    content=_object,
    buffers=_texts,
    channel=_text,
    sequence={"type": "integer", "minimum": 1},
)
"""A Jupyter message, as the service sends it on."""
_request = _answer(key=_text, message=MESSAGE)
_requests: Schema = {"type": "array", "items": _request}
_taken = _answer(
    ("shell", "control", "stdin", "connections", "barred"),
    shell=_requests,
    control=_requests,
    stdin=_requests,
    connections={"type": "array", "items": _answer(id=_text, after=_whole)},
    more=_texts,
    barred=_object,
)

ERROR = _answer(status={"const": "error"}, ename=_text, evalue=_text, field=_words, traceback=_texts)
"""Every error of ours."""
GATEWAYS_ERROR: Schema = {
    "type": "object",
    "properties": {"message": _words, "Message": _text, "Code": _text},
    "anyOf": [{"required": ["message"]}, {"required": ["Message"]}],
}
"""An error of what stands before the service: API Gateway's, or that of a wrong Content-Type."""

HEALTH = _answer(status={"const": "ok"}, version=_text, protocol=_text, min_agent_version=_text)
DOCUMENT = _answer(openapi=_text, info=_object, paths=_object)
SERVICE = _answer(
    ("error", "execute_reply"),
    success={"type": "boolean"},
    stdout=_text,
    stderr=_text,
    results={"type": "array", "items": _object},
    files={"type": "array", "items": _answer(name=_text, size=_whole)},
    error=_object,
    execute_reply=_object,
    session_id=_text,
    token=_text,
    sequence=_whole,
)
NEW_SESSION = _answer(session=_text, token=_text, watch_token=_text, session_status=_status)
MESSAGES = _answer(
    messages={"type": "array", "items": MESSAGE}, sequence=_whole, session_status=_status, reason=_words
)
TAKEN_IN = _answer(msg_id=_text)
UPLOAD = _answer(upload=_text, url=_text, fields={"type": "object", "additionalProperties": _text})
CELL_ID = _answer(id=_text)
ENROLLED = _answer(device_id=_text, device_token=_text, pool=_text, labels=_texts)
DEVICE = _answer(
    device_id=_text,
    pool=_text,
    labels=_texts,
    state=_device_state,
    reason=_words,
    since=_whole,
    heartbeat_at=_whole,
    version=_words,
    sandbox=_words,
    policy=_object,
)
STARTED = _answer(
    run=_whole, pool=_text, labels=_texts, policy=_object, queues=_answer(pool=_text, device=_text),
    settings=_answer(
        prefix=_text, payload_bucket=_text, connections_url=_text, region=_text,
        heartbeat_interval={"type": "number"}, lease={"type": "number"}, report_every={"type": "number"},
    ),
)  # fmt: skip
CREDENTIALS = _answer(access_key_id=_text, secret_access_key=_text, session_token=_text, expires_at=_text)
BEAT = _answer(state=_device_state)
CLAIMED = _answer(
    taken={"oneOf": [_taken, {"type": "null"}]},
    epoch=_whole,
    session_key=_text,
    kernel=_text,
    idle_timeout=_whole,
    keep={"type": "boolean"},
)
TAKEN = _taken
NOTHING: Schema = {"type": "object", "maxProperties": 0}
