"""What a reader is told when a request cannot be run: in the place where its output would stand."""

from collections.abc import Mapping
from typing import Any

from chalicelib.errors import LongwireError, TooManyRequests
from chalicelib.messages import Message, interact_of, make


def barred(told: Mapping[str, Any]) -> TooManyRequests:
    """What a session's owner is to be refused with, as the service tells it."""
    return TooManyRequests(told["evalue"], told["retry_after"], told["quota"], told["at_most"])


def shown(request: Message, error: LongwireError) -> list[Message]:
    """What stands in the output."""
    header, mark = request["header"], interact_of(request)
    if mark:
        name, state = mark
        content = {"function_name": name, "state": state, "errors": {"": error.text}}
        inner = {"msg_type": "interact_error", "content": content}
        stamp = {"interact": {"function_name": name, "state": state}}
        return [make("extension", "iopub", inner, header, stamp)]
    if header["msg_type"] != "execute_request":
        return []
    told = {"ename": type(error).__name__, "evalue": error.text, "traceback": []}
    return [make("error", "iopub", told, header)]


def reply(request: Message, error: LongwireError) -> Message:
    """What a program reads."""
    msg_type = request["header"]["msg_type"].removesuffix("_request") + "_reply"
    return make(msg_type, "shell", error.content(), request["header"])
