"""The protocol: what a message is, those of the service, and what each says of itself (docs/protocol.md)."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

from chalicelib.schemas import MAX_FUNCTION_NAME, MAX_STATE

OUTPUT_WIDGET = "output#"
"""Begins the name of an Output widget, where those of interacts may stand, too."""

END_TEXTS = {
    "finished": "The program has ended.",
    "idle": "The session was idle for long and has ended. Change a control or press Run to start again.",
    "killed": "The program was stopped.",
    "shutdown": "The session was ended.",
    "kernel_died": "The program ended its own kernel.",
    "failed": "The session could not be run.",
    "no_kernel": "The machine that took this session does not have the kernel that it asks for.",
    "draining": "The machine that ran this cell is being shut down.",
    "device_lost": "The machine that ran this cell was lost.",
    "limit:memory": "The program needed more memory than a session may have.",
    "limit:cpu": "The program needed more processor time than a session may have.",
    "limit:processes": "The program started more processes than a session may have.",
    "limit:files": "The program had more files and connections open than a session may have.",
    "limit:output": "The program put out more than a session may.",
    "limit:time": "The program ran for longer than a session may.",
}
"""Why a session ended, in words."""


class Header(TypedDict):
    msg_id: str
    msg_type: str
    session: str
    username: str
    date: str
    version: str


class Message(TypedDict):
    """A Jupyter message as JSON (Jupyter messaging 5.4, "General message format")."""

    header: Header
    parent_header: Mapping[str, Any]
    metadata: dict[str, Any]
    content: dict[str, Any]
    buffers: list[str]
    channel: str
    sequence: NotRequired[int]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make(
    msg_type: str,
    channel: str,
    content: dict[str, Any],
    parent: Mapping[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> Message:
    """A new message of the service's own."""
    return {
        "header": {
            "msg_id": uuid.uuid4().hex,
            "msg_type": msg_type,
            "session": "longwire",
            "username": "longwire",
            "date": now(),
            "version": "5.4",
        },
        "parent_header": parent or {},
        "metadata": metadata or {},
        "content": content,
        "buffers": [],
        "channel": channel,
    }


def extension(inner: str, content: dict[str, Any]) -> Message:
    """A message of the interact library, as iopub carries it."""
    return make("extension", "iopub", {"msg_type": inner, "content": content})


def extension_of(message: Mapping[str, Any], inner: str) -> Mapping[str, Any] | None:
    """The inner content of a message of the interact library, if it is one of this type."""
    content = message["content"]
    found = content.get("content")
    is_one = message["header"]["msg_type"] == "extension" and content.get("msg_type") == inner
    return found if is_one and isinstance(found, Mapping) else None


def computation_end(reason: str) -> Message:
    """The last message of a session: why it ended, also in words."""
    return extension("computation_end", {"reason": reason, "text": END_TEXTS.get(reason, reason)})


def interact_of(message: Mapping[str, Any]) -> tuple[str, int] | None:
    """(function_name, state) of the interact that a message belongs to; None when it belongs to none."""
    mark = message["metadata"].get("interact")
    if not isinstance(mark, Mapping):
        return None
    name, state = mark.get("function_name"), mark.get("state")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_FUNCTION_NAME:
        return None
    if type(state) is not int or not 0 <= state <= MAX_STATE:
        return None
    return name, state


def replaced_under(message: Mapping[str, Any]) -> tuple[str, int] | None:
    """(name, state) of what shows the message: a newer state of it replaces the message.

    It is an interact, or else the Output widget that catches it (`output#<comm_id>`), whose state counts how
    often it was cleared.
    """
    if mark := interact_of(message):
        return mark
    caught = message["metadata"].get("caught")
    if not isinstance(caught, Mapping):
        return None
    comm_id, state = caught.get("comm_id"), caught.get("state")
    if not isinstance(comm_id, str) or not re.fullmatch(r"[\w-]{1,100}", comm_id):
        return None
    return (f"{OUTPUT_WIDGET}{comm_id}", state) if type(state) is int and 0 <= state <= MAX_STATE else None


def is_settled(change: Mapping[str, Any]) -> bool:
    """Whether a change of controls says that the reader has stopped at it."""
    return change["metadata"]["interact"].get("settled") is True
