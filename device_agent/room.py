"""How many sessions fit on this host, and whether one more does now."""

from device_agent import machine
from device_agent.settings import Capacity


def sessions_that_fit(capacity: Capacity) -> int:
    """The smallest of the number set, what the memory holds and what the cores carry; at least one."""
    memory = min(capacity.memory_mb or machine.memory_mb(), machine.memory_mb())
    cores = capacity.cores or machine.cores()
    fit = min(
        capacity.sessions, memory // capacity.session_memory_mb, int(cores * capacity.sessions_per_core)
    )
    return max(1, fit)


def has_memory(capacity: Capacity) -> bool:
    """Whether enough memory is free now for a session to be claimed."""
    return machine.free_memory_mb() >= capacity.free_memory_mb
