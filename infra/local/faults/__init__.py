"""Faults on purpose in the local stack's AWS: throttling, errors, lost answers, late ones, doubled calls."""

from infra.local.faults.fault import CONTROL_PATH, Fault, Faults, control, to_json

__all__ = ["CONTROL_PATH", "Fault", "Faults", "control", "to_json"]
