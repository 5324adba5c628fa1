"""What one agent works with, once its file, the environment and the command line have been read."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from device_agent.sandbox.levels import Level
from device_agent.sandbox.limits import Limits


@dataclass(frozen=True)
class KernelspecSource:
    """A kernel that sessions may ask for by `name`.

    `path`: a kernelspec's directory, or the python of a conda or venv environment that has ipykernel.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Capacity:
    """What sessions may take of the host, all told; sizes in MB (2**20 bytes).

    `memory_mb` and `cores`: of the host, for all sessions; None is all that it has.
    `session_memory_mb`: what a session takes on average; what it may take is in Limits.
    `free_memory_mb`: no session is claimed while less than this is free.
    """

    sessions: int = 20
    memory_mb: int | None = None
    session_memory_mb: int = 100
    cores: float | None = None
    sessions_per_core: float = 32.0
    free_memory_mb: int = 512


@dataclass(frozen=True)
class Ec2:
    """Whether EC2's notices of an instance's end are heeded, and who is told once it has drained."""

    notices: Literal["on", "off"] = "off"
    autoscaling_group: str = ""
    lifecycle_hook: str = "drain"


@dataclass(frozen=True)
class AgentSettings:
    """Addresses, places and limits of one agent; times in seconds.

    `sandbox`: the level at which sessions run; `sandbox_asked`: the one that was asked for by name, if any.
    `labels`: that the enrolment must have given this device.
    """

    api_url: str
    state_dir: Path
    enrolment_token: str | None = field(default=None, repr=False)
    capacity: Capacity = field(default_factory=Capacity)
    warm_kernels: int = 3
    drain_timeout: float = 30.0
    kernel_start_timeout: float = 30.0
    interrupt_timeout: float = 3.0
    work_dir: Path = Path(tempfile.gettempdir())
    labels: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    sandbox: Level = "full"
    sandbox_asked: Level | None = None
    kernelspecs: tuple[KernelspecSource, ...] = ()
    metrics_port: int = 0
    ec2: Ec2 = field(default_factory=Ec2)
    log_level: str = "INFO"
