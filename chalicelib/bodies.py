"""What the HTTP routes take: the schema of every body, from which it is checked and described."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import fastjsonschema

from chalicelib import terms, versions
from chalicelib.schemas import MAX_FUNCTION_NAME

Schema = dict[str, Any]


@dataclass(frozen=True)
class Body:
    """A schema, and its check, which is compiled when it is first needed."""

    schema: Schema

    @cached_property
    def check(self) -> Callable[[Any], Any]:
        check: Callable[[Any], Any] = fastjsonschema.compile(self.schema)
        return check


def _body(required: tuple[str, ...], **properties: Any) -> Body:
    """Of a program or a page: what is not known is refused, so that a slip of the pen is told."""
    return Body(
        {
            "type": "object",
            "additionalProperties": False,
            "required": list(required),
            "properties": properties,
        }
    )


def _devices_body(required: tuple[str, ...], **properties: Any) -> Body:
    """Of an agent, which may be newer than the service: what is not known is left alone."""
    return Body({"type": "object", "required": list(required), "properties": properties})


MAX_SERVICE_SECONDS = 25
"""API Gateway ends an integration after 29 s, and the answer has to be made and sent, too."""

_whole = {"type": "integer", "minimum": 0}
_level = {"enum": ["none", "rootless", "full"]}
_instance = {"type": "string", "maxLength": 64}
_share = {"type": "number", "minimum": 0}

MAX_UPLOAD_BYTES = 11_000_000
"""A file of 8 MB in base64, and what is around it."""

NEW_SESSION = _body((), **terms.SCHEMA, request={"type": "object"})
SERVICE = _body(
    ("code",),
    **terms.SCHEMA,
    code={"type": "string"},
    timeout={"type": "integer", "minimum": 1, "maximum": MAX_SERVICE_SECONDS},
)
UPLOAD = _body(("size",), size={"type": "integer", "minimum": 1, "maximum": MAX_UPLOAD_BYTES})
ENROL = _devices_body(
    ("enrolment_token",),
    enrolment_token={"type": "string"},
    facts={"type": "object"},
    protocol=versions.SCHEMA,
)
START = _devices_body(
    (), facts={"type": "object"}, sandbox=_level, instance=_instance, protocol=versions.SCHEMA
)
HEARTBEAT = _devices_body(
    ("run",),
    protocol=versions.SCHEMA,
    run=_whole,
    instance=_instance,
    state={"enum": ["online", "draining", "offline"]},
    reason={"type": "string", "maxLength": 200},
    version={"type": "string", "maxLength": 40},
    sandbox=_level,
    sessions=_whole,
    capacity=_whole,
    cpu=_share,
    free_memory_mb=_whole,
    first_output=_share,
)
CLAIM = _devices_body(("run",), run=_whole, take={"type": "boolean"})
TAKE = _devices_body(
    ("run", "epoch", "channels"),
    run=_whole,
    epoch=_whole,
    channels={"type": "array", "items": {"enum": ["shell", "control", "stdin", "connections"]}},
    states={"type": "object", "additionalProperties": {"type": "integer"}},
    computed=_share,
    done={"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
)
END = _devices_body(
    ("run", "epoch", "status", "reason"),
    run=_whole,
    epoch=_whole,
    status={"enum": ["ended", "queued"]},
    reason={"type": "string", "maxLength": 100},
    computed=_share,
)
CELL = _body(
    ("code",),
    code={"type": "string"},
    language={"type": "string", "maxLength": 40, "default": "python"},
    kernel=terms.SCHEMA["kernel"],
    state={
        "type": "object",
        "maxProperties": 200,
        "propertyNames": {"maxLength": MAX_FUNCTION_NAME},
        "additionalProperties": {"type": "object", "maxProperties": 200},
        "default": {},
    },
    layout={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "editor": {"enum": ["full", "collapsed", "read-only", "hidden"]},
            "controls_only": {"type": "boolean"},
            "linked": {"type": "string", "maxLength": 100},
        },
        "default": {},
    },
)
"""What a permalink keeps: `state` is {function: {argument: wire value}}, `layout` how the cell looks."""
REPORT = _body(("reason",), reason={"type": "string", "minLength": 1, "maxLength": 500})
