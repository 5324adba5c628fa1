"""What one session may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Sizes in MB (2**20 bytes), times in seconds.

    memory_mb: of all processes of a session together, its work directory not included.
    processes: processes and threads together.
    open_files: of one process; all processes together may have four times as many sockets.
    cores: share of the processor, 1.0 is one core (needs cgroups).
    cpu_seconds: processor time of one process.
    run_seconds: of one execution by the clock; session_seconds: of the whole session.
    output_mb: what a session may print or display in all, as a replay would bring it: of an interact its
        newest state. output_mb_per_second: how fast; four seconds of it may come at once (device_agent.flow).
    """

    memory_mb: int = 1024
    work_mb: int = 256
    processes: int = 64
    open_files: int = 256
    cores: float = 1.0
    cpu_seconds: int = 600
    run_seconds: float = 300.0
    session_seconds: float = 4 * 3600.0
    output_mb: int = 64
    output_mb_per_second: float = 2.0
