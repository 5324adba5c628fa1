"""The contract tests' service in one process: moto, and a clock that moves when one looks or waits."""

from tests.contract.conftest import clock, cloud, world

__all__ = ["clock", "cloud", "world"]
