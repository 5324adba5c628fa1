"""A kernel's messages as the wire has them. Kernels are hostile: what does not fit is cut."""

import base64
from datetime import datetime
from typing import Any

from chalicelib.frames import dumps
from chalicelib.messages import Header, Message, interact_of
from chalicelib.parsing import is_deep

MAX_HEADER_FIELD = 200
"""Characters of one field of a header."""
MAX_METADATA = 8 * 1024
"""Bytes of JSON."""


def _header(raw: dict[str, Any]) -> dict[str, Any]:
    """The fields that Jupyter headers have, as short text; nothing else that a kernel may put there."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)[:MAX_HEADER_FIELD]
        for name, value in raw.items()
        if name in Header.__annotations__
    }


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    """Without what only the agent may say (payloads), and without what would not fit a websocket message."""
    metadata = {name: value for name, value in raw.items() if name != "payload"}
    mark = interact_of({"metadata": metadata})
    metadata.pop("interact", None)
    if is_deep(metadata) or len(dumps(metadata).encode()) > MAX_METADATA:
        metadata = {}
    if mark:
        metadata["interact"] = {"function_name": mark[0], "state": mark[1]}
    return metadata


def _content(raw: Any) -> dict[str, Any]:
    """Empty when it is no object, or nested deeper than the router, and whoever else reads it, can take."""
    return raw if isinstance(raw, dict) and not is_deep(raw) else {}


def as_message(raw: dict[str, Any], channel: str) -> Message:
    """jupyter_client's form of a message into ours, without what only the agent may say."""
    return {
        "header": _header(raw["header"]),  # type: ignore[typeddict-item]
        "parent_header": _header(raw["parent_header"]),
        "metadata": _metadata(raw["metadata"]),
        "content": _content(raw["content"]),
        "buffers": [base64.b64encode(buffer).decode() for buffer in raw["buffers"]],
        "channel": channel,
    }
