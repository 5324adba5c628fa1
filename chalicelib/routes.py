"""The one table of the HTTP routes: app.py registers by it, and it is what `GET /openapi.json` describes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chalicelib import answers, bodies, schemas, service
from chalicelib.bodies import Schema
from chalicelib.http import MAX_WAIT

JSON = "application/json"
Bearer = Literal["session", "reader", "device"]


@dataclass(frozen=True)
class Route:
    """What a request looks like, and its answer when all is well.

    `bearer`: whose token it takes; a `reader` is who may watch a session or owns it.
    `knows_who`: it takes an API key or an identity token, and counts for whom it is.
    """

    summary: str
    answer: Schema
    status: int = 200
    body: Schema | None = None
    bearer: Bearer | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    content_types: tuple[str, ...] = (JSON,)
    knows_who: bool = False


_MESSAGE: Schema = {
    "oneOf": [
        *(schemas.schema(msg_type) for msg_type in schemas.REQUESTS if msg_type != "hello"),
        *(schemas.schema(msg_type, is_put_away=True) for msg_type in sorted(schemas.PUT_AWAY)),
    ]
}
_WHOLE: Schema = {"type": "integer", "minimum": 0, "default": 0}
_SESSION, _ITS = "/sessions/{session_id}", "/devices/{device_id}/sessions/{session_id}"

ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/health"): Route("How the service is, and its versions", answers.HEALTH),
    ("GET", "/openapi.json"): Route("This description", answers.DOCUMENT),
    ("POST", "/service"): Route(
        "Run code and answer with all that came of it, within the time limit",
        answers.SERVICE,
        body=bodies.SERVICE.schema,
        content_types=(JSON, service.FORM),
        knows_who=True,
    ),
    ("POST", "/sessions"): Route(
        "Begin a session", answers.NEW_SESSION, 201, bodies.NEW_SESSION.schema, knows_who=True
    ),
    ("POST", f"{_SESSION}/messages"): Route(
        "Send a Jupyter message to a session", answers.TAKEN_IN, 202, _MESSAGE, "session"
    ),
    ("GET", f"{_SESSION}/messages"): Route(
        "Read what a session sent, and wait for something new",
        answers.MESSAGES,
        bearer="reader",
        query={"after": _WHOLE, "wait": {**_WHOLE, "description": f"seconds; {MAX_WAIT} at most count"}},
    ),
    ("POST", f"{_SESSION}/uploads"): Route(
        "Be let put the content of a large message into S3",
        answers.UPLOAD,
        201,
        bodies.UPLOAD.schema,
        "session",
    ),
    ("POST", f"{_SESSION}/interrupt"): Route(
        "Interrupt what a session runs", answers.TAKEN_IN, 202, bearer="session"
    ),
    ("DELETE", _SESSION): Route("End a session", answers.TAKEN_IN, 202, bearer="session"),
    ("POST", "/permalinks"): Route(
        "Keep a cell for good; the same cell has the same id",
        answers.CELL_ID,
        201,
        bodies.CELL.schema,
        knows_who=True,
    ),
    ("GET", "/permalinks/{permalink_id}"): Route("A cell that was kept", bodies.CELL.schema),
    ("POST", "/permalinks/{permalink_id}/report"): Route(
        "Tell the operator what is wrong with a cell",
        answers.NOTHING,
        202,
        bodies.REPORT.schema,
        knows_who=True,
    ),
    ("POST", "/devices"): Route(
        "Enrol a device with an operator's token", answers.ENROLLED, 201, bodies.ENROL.schema
    ),
    ("GET", "/devices/{device_id}"): Route("What is known of a device", answers.DEVICE, bearer="device"),
    ("POST", "/devices/{device_id}/start"): Route(
        "A run of a device begins", answers.STARTED, 200, bodies.START.schema, "device"
    ),
    ("POST", "/devices/{device_id}/credentials"): Route(
        "Temporary AWS credentials for a device", answers.CREDENTIALS, bearer="device"
    ),
    ("POST", "/devices/{device_id}/heartbeat"): Route(
        "A device lives", answers.BEAT, 200, bodies.HEARTBEAT.schema, "device"
    ),
    ("POST", f"{_ITS}/claim"): Route(
        "A device takes a session on", answers.CLAIMED, 200, bodies.CLAIM.schema, "device"
    ),
    ("POST", f"{_ITS}/take"): Route(
        "A device takes what waits for a session", answers.TAKEN, 200, bodies.TAKE.schema, "device"
    ),
    ("POST", f"{_ITS}/end"): Route(
        "A device is done with a session", answers.NOTHING, 200, bodies.END.schema, "device"
    ),
}
