"""Who can talk to whom: versions of the agent, and numbers of the protocol (docs/protocol.md, "Versions")."""

import re

from chalicelib import PROTOCOL
from chalicelib.errors import OtherProtocol

MAX_LENGTH = 40
FIRST = "1"
"""The protocol of whoever says none."""
SPOKEN = (PROTOCOL,)
"""For as long as both are in use, that of the release before stands here, too."""
SCHEMA = {"type": "string", "maxLength": 10}
"""How a client says which protocol it speaks."""


def require_spoken(protocol: str | None, field: str, remedy: str) -> None:
    """:param field: where the client has said it.
    :param remedy: what its user can do.
    :raises OtherProtocol: this service does not speak it (any more, or yet).
    """
    asked = FIRST if protocol is None else protocol
    if asked not in SPOKEN:
        spoken = " and ".join(SPOKEN)
        text = f"{field}: this service speaks protocol {spoken}, not {asked[:10]}: {remedy}"
        raise OtherProtocol(text, field, spoken=list(SPOKEN))


def is_older(version: str, than: str) -> bool:
    """By their first three numbers; what has none counts as 0."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(number) for number in re.findall(r"[0-9]+", version[:MAX_LENGTH])[:3]]
    return tuple(found + [0] * (3 - len(found)))
