"""What the command line and the environment say to the agent."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from device_agent.errors import Misconfigured


@dataclass(frozen=True)
class AgentSettings:
    """Addresses, places and limits of one agent; times in seconds."""

    api_url: str
    state_dir: Path
    enrolment_token: str | None = None
    capacity: int = 20
    warm_kernels: int = 1
    drain_timeout: float = 10.0
    kernel_start_timeout: float = 30.0
    interrupt_timeout: float = 3.0
    work_dir: Path = Path(tempfile.gettempdir())

    @classmethod
    def read(cls, environment: Mapping[str, str], options: Mapping[str, object]) -> "AgentSettings":
        """Options of the command line go over the environment, that over the defaults.

        :raises Misconfigured: the address of the service is missing.
        """
        api_url = environment.get("LONGWIRE_API_URL", "")
        if not api_url.startswith(("http://", "https://")):
            raise Misconfigured("LONGWIRE_API_URL must be the address of the service, as https://HOST/api")
        state = environment.get("LONGWIRE_AGENT_STATE", "~/.local/state/longwire-agent")
        chosen = {name: value for name, value in options.items() if value is not None}
        return cls(
            api_url=api_url.rstrip("/"),
            state_dir=Path(state).expanduser(),
            enrolment_token=environment.get("LONGWIRE_ENROLMENT_TOKEN"),
            **chosen,  # type: ignore[arg-type]
        )
