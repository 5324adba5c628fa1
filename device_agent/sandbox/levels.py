"""How strongly a host can enclose sessions, from weakest to strongest, and what was found of it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["none", "rootless", "full"]
LEVELS: tuple[Level, ...] = ("none", "rootless", "full")
"""`rootless`: own namespaces, the agent's user; `full`: own namespaces and an own uid (the agent is root)."""


@dataclass(frozen=True)
class Finding:
    """One thing that the host enforces or does not, in words for its owner."""

    what: str
    enforced: bool
    words: str


@dataclass(frozen=True)
class Report:
    """The strongest level that this host can enforce, and why not more."""

    level: Level
    findings: tuple[Finding, ...]


def weaker(level: Level, than: Level) -> bool:
    return LEVELS.index(level) < LEVELS.index(than)
