"""Attempts of one caller, judged all at once."""

from collections.abc import Iterable

from tests.policies.evaluator import Call, Caller, Decision, decide
from tests.policies.hostile import Attempt


def judged(caller: Caller, attempts: Iterable[Attempt]) -> dict[str, Decision]:
    attempts = list(attempts)
    decisions = decide(Call(caller, one.action, one.resource, one.context) for one in attempts)
    return {one.what: decision for one, decision in zip(attempts, decisions, strict=True)}


def gained(caller: Caller, attempts: Iterable[Attempt]) -> set[str]:
    """What of the attempts is allowed."""
    return {what for what, decision in judged(caller, attempts).items() if decision.allowed}
