"""What a browser may send: every message type with its channel and the schema of its content.

What a schema does not name is left alone: a page may be newer than the service (docs/protocol.md,
"Versions").
"""

from typing import Any

from chalicelib import terms, versions

MAX_FUNCTION_NAME = 200
MAX_STATE = 2**53
MAX_IDENTITY_TOKEN = 8192
"""Characters of an API key or an identity token."""

_text = {"type": "string", "maxLength": 200}
_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z"
_request = {"type": "object", "additionalProperties": True}
_interact: dict[str, Any] = {
    "type": "object",
    "required": ["function_name", "values", "state"],
    "properties": {
        "function_name": {"type": "string", "pattern": r"^[\w<>/.-]+\Z", "maxLength": MAX_FUNCTION_NAME},
        "values": {"type": "object", "maxProperties": 200},
        "state": {"type": "integer", "minimum": 1, "maximum": 2**53},
        "settled": {"type": "boolean"},
    },
}
_nothing = {"type": "object", "maxProperties": 0}
_without_values = {**_interact, "properties": {**_interact["properties"], "values": _nothing}}
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
MAX_FILE_NAME = 100
_file: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {
            "type": "string",
            "pattern": r"^[^./\\\x00-\x1f-][^/\\\x00-\x1f]*\Z",
            "maxLength": MAX_FILE_NAME,
        }
    },
}
_hello: dict[str, Any] = {
    "type": "object",
    "required": ["session"],
    "properties": {
        "session": {"type": ["string", "null"], "pattern": r"^[0-9a-f]{1,64}\Z"},
        "token": {"type": ["string", "null"], "maxLength": 128},
        "after": {"type": "integer", "minimum": 0, "maximum": 2**53},
        "protocol": versions.SCHEMA,
        "identity_token": {"type": "string", "maxLength": MAX_IDENTITY_TOKEN},
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
    "upload_request": ("shell", _file),
    "download_request": ("shell", _file),
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

IN_TURN = frozenset({"execute_request", "upload_request", "comm_open", "comm_msg", "comm_close"})
"""What runs code, or comes before code: in the order in which it was written, one at a time."""
PUT_AWAY = frozenset({"execute_request", "upload_request"})
"""Requests whose content may be put away where it is too large for one."""

_put_away: dict[str, Any] = {
    "type": "object",
    "required": ["upload"],
    # Where the link stands that the service adds, which a browser must not write itself.
    "additionalProperties": False,
    "properties": {"upload": {"type": "string", "pattern": r"^[0-9a-f]{32}\Z"}},
}


def schema(msg_type: str, is_put_away: bool = False) -> dict[str, Any]:
    """The JSON schema of a whole message of this type.

    :param is_put_away: that of one whose content, buffers and values of controls are an upload.
    """
    channel, content = REQUESTS[msg_type]
    metadata: dict[str, Any] = {"type": "object", "properties": {}}
    if msg_type == "execute_request":
        metadata["properties"]["interact"] = _without_values if is_put_away else _interact
    if is_put_away:
        metadata |= {"required": ["payload"]}
        metadata["properties"]["payload"] = _put_away
        content = _nothing
    return {
        "type": "object",
        "required": ["header", "content", "channel"],
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
