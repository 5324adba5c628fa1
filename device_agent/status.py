"""How the agent is, as one record: for heartbeats, for `status`, and for whoever asks when it has ended."""

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from chalicelib import VERSION

_FILE = "status.json"


@dataclass(frozen=True)
class Status:
    """`state`: starting, online, draining or stopped, with its reason and since when (seconds since 1970).

    `heartbeat_at`: when the service last answered one; `trouble`: why it did not answer the last one.
    `cpu`: load per core; `skew`: seconds by which this host's clock is ahead of the service's.
    """

    state: str = "stopped"
    reason: str = "it has never run"
    since: float = 0.0
    version: str = VERSION
    sandbox: str = ""
    device_id: str = ""
    api_url: str = ""
    pool: str = ""
    labels: tuple[str, ...] = ()
    run: int = 0
    pid: int = 0
    sessions: int = 0
    capacity: int = 0
    cpu: float = 0.0
    free_memory_mb: int = 0
    heartbeat_at: float = 0.0
    trouble: str = ""
    skew: float = 0.0

    @classmethod
    def of(cls, values: dict[str, object]) -> "Status":
        """From what another version may have written: what is unknown is left out."""
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        known["labels"] = tuple(known.get("labels") or ())  # type: ignore[arg-type]
        return cls(**known)  # type: ignore[arg-type]

    def save(self, state_dir: Path) -> None:
        """Written whole or not at all; that a disk is full ends no agent."""
        with contextlib.suppress(OSError):
            new = state_dir / f"{_FILE}.new"
            new.write_text(json.dumps(asdict(self)))
            new.replace(state_dir / _FILE)


def last(state_dir: Path) -> Status:
    """What the last agent that ran here wrote."""
    try:
        return Status.of(json.loads((state_dir / _FILE).read_text()))
    except (OSError, ValueError, TypeError, AttributeError):
        return Status()


def ago(at: float) -> str:
    """How long ago a time was, in words."""
    if not at:
        return "never"
    seconds = max(0, round(time.time() - at))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
