"""The functions of a version to come: they say more than today's, everywhere, and mean the same."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from app import app
from chalicelib import http, queues, websocket

__all__ = ["app"]

LATER = {"since": "9.9.9", "list": [1, {"a": None}]}
_AS_IT_IS = ("values", "buffers", "done", "states")


def more(value: Any, name: str = "") -> Any:
    """An answer with fields that nobody knows yet, in it and in all that it has."""
    if isinstance(value, list):
        return [more(one) for one in value]
    if not isinstance(value, dict) or name in _AS_IT_IS:
        return value
    return {**{name: more(one, name) for name, one in value.items()}, "later": LATER}


def _says_more(answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(answer)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        return more(answer(*arguments, **options))

    return wrapper


for _name in ("health", "enrol", "start_device", "device_credentials", "heartbeat", "claim", "take", "end"):
    setattr(http, _name, _says_more(getattr(http, _name)))
websocket.hello_reply = _says_more(websocket.hello_reply)
queues.dumps = lambda value, dumps=queues.dumps: dumps(more(value))  # type: ignore[misc]
