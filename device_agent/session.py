"""What the parts of a worker share."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from chalicelib.clients import Clients
from device_agent.downloads import Downloads
from device_agent.flow import Flow
from device_agent.kernels import Kernel
from device_agent.lease import Hold, Lease
from device_agent.outbox import Outbox
from device_agent.pool import KernelPool
from device_agent.router import Router
from device_agent.runs import Runs
from device_agent.settings import AgentSettings
from device_agent.times import Times

_THREADS = 32


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="output")


@dataclass(frozen=True)
class Services:
    """What the workers of an agent share.

    `report_every`: seconds of computing after which a session says so; 0: never.
    `output`: threads for what leaves sessions. What comes to them has others, and so overtakes any flood.
    """

    settings: AgentSettings
    router: Router
    aws: Clients
    pool: KernelPool
    run: int
    lease: Lease
    report_every: float = 0.0
    output: ThreadPoolExecutor = field(default_factory=_threads)


@dataclass(frozen=True)
class Session:
    """One session that was claimed, while it has a kernel.

    `keep`: whether it waits for more even when no interact was made.
    `takes_files`: whether its kernel has the interact library, which answers to requests about files.
    """

    id: str
    epoch: int
    keep: bool
    services: Services
    hold: Hold
    kernel: Kernel
    runs: Runs
    times: Times
    flow: Flow
    outbox: Outbox
    takes_files: bool = True
    downloads: Downloads = field(default_factory=Downloads)

    @property
    def lingers(self) -> bool:
        """Whether it waits for more after a reply."""
        return self.runs.interactive or self.keep
