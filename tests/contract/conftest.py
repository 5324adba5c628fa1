"""The cloud of the contract tests: one for each file, so that no other finds it; emptied for each test."""

from collections.abc import Callable, Iterator

import pytest
from chalice.test import Client

import app as deployed
from infra import operator, revocation
from tests.contract import cloud as clouds
from tests.contract.api import Api
from tests.contract.cloud import Cloud, empty
from tests.contract.world import Clock, World

__all__ = ["api", "clock", "cloud", "empty", "operate", "world"]

Operate = Callable[..., str]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with clouds.opened() as cloud:
        yield cloud


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The router's time, which a test can move."""
    clock = Clock()
    for module in clouds.TIMED:
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def world(cloud: Cloud, clock: Clock) -> Iterator[World]:
    with cloud.world(clock) as world:
        yield world


@pytest.fixture
def api(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(deployed, "clients", lambda: world.aws)
    with Client(deployed.app) as client:
        yield Api(client)


@pytest.fixture
def operate(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operate:
    """The command, on the test's own tables.

    :returns: what it printed.
    """
    monkeypatch.setenv("LONGWIRE_PREFIX", world.aws.settings.prefix)
    monkeypatch.setattr(operator, "Clients", lambda *_: world.aws)
    monkeypatch.setattr(revocation, "time", world.clock)

    def run(*arguments: str) -> str:
        capsys.readouterr()  # figures that the service has counted
        operator.main(list(arguments))
        return capsys.readouterr().out.strip()

    return run
