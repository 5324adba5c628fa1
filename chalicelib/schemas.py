"""What a browser may send: every message type with its channel and the schema of its content."""

from typing import Any

from chalicelib import terms

MAX_FUNCTION_NAME = 200
MAX_STATE = 2**53

_text = {"type": "string", "maxLength": 200}
_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z"
_request = {"type": "object", "additionalProperties": True}
_interact = {
    "type": "object",
    "required": ["function_name", "values", "state"],
    "additionalProperties": False,
    "properties": {
        "function_name": {"type": "string", "pattern": r"^[\w<>/.-]+\Z", "maxLength": MAX_FUNCTION_NAME},
        "values": {"type": "object", "maxProperties": 200},
        "state": {"type": "integer", "minimum": 1, "maximum": 2**53},
        "settled": {"type": "boolean"},
    },
}
_code: dict[str, Any] = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
_execute: dict[str, Any] = {
    "type": "object",
    "required": ["code"],
    "properties": {
        "code": {"type": "string"},
        "user_expressions": {"type": "object", "additionalProperties": {"type": "string"}},
        **{name: {"type": "boolean"} for name in ("silent", "store_history", "allow_stdin", "stop_on_error")},
    },
}
_at_cursor: dict[str, Any] = {
    "type": "object",
    "required": ["code", "cursor_pos"],
    "properties": {"code": {"type": "string"}, "cursor_pos": {"type": "integer", "minimum": 0}},
}
_comm: dict[str, Any] = {"type": "object", "required": ["comm_id"], "properties": {"comm_id": _text}}
_hello: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["session"],
    "properties": {
        "session": {"type": ["string", "null"], "pattern": r"^[0-9a-f]{1,64}\Z"},
        "token": {"type": ["string", "null"], "maxLength": 128},
        "after": {"type": "integer", "minimum": 0, "maximum": 2**53},
        **terms.SCHEMA,
    },
}

REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "hello": ("control", _hello),
    "execute_request": ("shell", _execute),
    "complete_request": ("shell", _at_cursor),
    "inspect_request": ("shell", _at_cursor),
    "is_complete_request": ("shell", _code),
    "kernel_info_request": ("shell", _request),
    "comm_info_request": ("shell", _request),
    "comm_open": ("shell", _comm),
    "comm_msg": ("shell", _comm),
    "comm_close": ("shell", _comm),
    "interrupt_request": ("control", _request),
    "shutdown_request": ("control", _request),
    "input_reply": (
        "stdin",
        {"type": "object", "required": ["value"], "properties": {"value": {"type": "string"}}},
    ),
}
"""msg_type: (channel, schema of the content) of what a browser may send."""

IN_TURN = frozenset({"execute_request", "comm_open", "comm_msg", "comm_close"})
"""What runs code: in the order in which it was written, one at a time."""


def schema(msg_type: str) -> dict[str, Any]:
    """The JSON schema of a whole message of this type."""
    channel, content = REQUESTS[msg_type]
    metadata: dict[str, Any] = {"type": "object"}
    if msg_type == "execute_request":
        metadata["properties"] = {"interact": _interact}
    return {
        "type": "object",
        "required": ["header", "content", "channel"],
        "additionalProperties": False,
        "properties": {
            "header": {
                "type": "object",
                "required": ["msg_id", "msg_type"],
                "properties": {
                    "msg_id": {"type": "string", "minLength": 1, "maxLength": 100},
                    "msg_type": {"const": msg_type},
                    "session": _text,
                    "username": _text,
                    "date": _text,
                    "version": _text,
                },
            },
            "parent_header": {"type": "object"},
            "metadata": metadata,
            "content": content,
            "buffers": {"type": "array", "maxItems": 100, "items": {"type": "string", "pattern": _BASE64}},
            "channel": {"const": channel},
        },
    }
