"""The contract tests' service in one process: moto, and a clock that only moves when somebody looks or waits."""

from tests.contract.conftest import clock, cloud, world

__all__ = ["clock", "cloud", "world"]
