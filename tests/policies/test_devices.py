"""What a device's credentials let it do, as IAM would decide: its work, and nothing that a hostile host tries."""

import json
from collections.abc import Iterable

import pytest

from chalicelib.clients import Clients
from tests.policies.documents import DEVICE, SETTINGS, role, session
from tests.policies.evaluator import Call, Caller, Decision, decide
from tests.policies.hostile import HOSTILE, WORK, Attempt


@pytest.fixture(scope="module")
def device() -> Caller:
    return Caller(role("DeviceRole"), f"device-{DEVICE}", json.loads(session(Clients(SETTINGS))))


def judged(caller: Caller, attempts: Iterable[Attempt]) -> dict[str, Decision]:
    attempts = list(attempts)
    decisions = decide(Call(caller, one.action, one.resource, one.context) for one in attempts)
    return {one.what: decision for one, decision in zip(attempts, decisions, strict=True)}


def test_a_device_may_do_its_work(device: Caller) -> None:
    refused = {what for what, decision in judged(device, WORK).items() if not decision.allowed}
    assert refused == set()


@pytest.mark.parametrize("theme", HOSTILE)
def test_a_hostile_device_gets_nothing(device: Caller, theme: str) -> None:
    gained = {what for what, decision in judged(device, HOSTILE[theme]).items() if decision.allowed}
    assert gained == set()
