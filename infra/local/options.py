"""What a stack is made of: every parameter, with the values that `python -m infra.local` uses."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.gateway import Limits
from infra.parts import BUFFERS

ROOT = Path(__file__).resolve().parents[2]
AGENT_COMMAND = (sys.executable, "-m", "device_agent.cli", "run", "--drain-timeout=2")

# Whoever runs this is its only reader, with one address for all that he tries.
UNLIMITED = {
    f"LONGWIRE_{limit}": "0"
    for limit in (
        "ANONYMOUS_LIVE_SESSIONS",
        "ANONYMOUS_RUNS_PER_MINUTE",
        "ANONYMOUS_COMPUTE_SECONDS_PER_HOUR",
        "SIGNED_IN_LIVE_SESSIONS",
        "SIGNED_IN_RUNS_PER_MINUTE",
        "SIGNED_IN_COMPUTE_SECONDS_PER_HOUR",
        "SITE_SESSIONS_PER_MINUTE",
    )
}


@dataclass(frozen=True)
class Options:
    """What a stack is made of. Port 0 takes free ones; `web` None means no page. Times in seconds.

    Pages of `allow_origins` may hold cells, beside the stack's own.
    """

    state: Path
    port: int = 0
    app: str = "app:app"
    app_directory: Path = ROOT
    resources: Path | None = BUFFERS
    web: Path | None = None
    is_agent_on: bool = True
    agent_command: tuple[str, ...] = AGENT_COMMAND
    agent_env: Mapping[str, str] = field(default_factory=dict)
    app_env: Mapping[str, str] = field(default_factory=dict)
    allow_origins: tuple[str, ...] = ()
    agent_grace_seconds: float = 6.0
    limits: Limits = field(default_factory=Limits)
    schedule_seconds: float | None = None
    save_seconds: float = 10.0
    is_fresh: bool = False

    def log(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        return self.state.parent / "log" / f"{name}.log"
