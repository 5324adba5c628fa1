"""The tables, queues and bucket of infra/resources.yaml, made once in moto for the contract tests."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest import mock

import boto3
import pytest
from moto import mock_aws
from moto.backends import get_backend

from chalicelib import channels, connections, devices, enrolment, http, iopub, items, sessions, sweeps, tokens
from chalicelib.clients import Clients
from chalicelib.settings import Settings
from infra.local import resources
from infra.local.aws import ACCOUNT_ID, REGION, Endpoints
from tests.contract.world import Clock, Sockets, World

PREFIX = "longwire-test"
RESOURCES = Path(__file__).parents[2] / "infra" / "resources.yaml"
_TIMED = (channels, connections, devices, enrolment, http, iopub, items, sessions, sweeps, tokens)


@dataclass(frozen=True)
class Cloud:
    """Clients that work against moto, and how often each operation was asked for."""

    clients: Clients
    calls: Counter[str]


@pytest.fixture(scope="package")
def cloud() -> Iterator[Cloud]:
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    environment = {"AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    with mock.patch.dict(os.environ, environment), mock_aws():
        session = boto3.Session("testing", "testing", region_name=REGION)
        session.events.register("before-call.*.*", count)
        settings = Settings(
            prefix=PREFIX,
            connections_url="http://websockets.test",
            device_role_arn=f"arn:aws:iam::123456789012:role/{PREFIX}-device",
        )
        clients = Clients(settings, lambda: session)

        class Moto:
            def client(self, service: str) -> Any:
                return getattr(clients, service)

        resources.create(RESOURCES, PREFIX, cast(Endpoints, Moto()))
        yield Cloud(clients, calls)


def empty() -> None:
    """Forget what earlier tests left, inside moto: through the API it would take most of the tests' time."""
    for table in get_backend("dynamodb")[ACCOUNT_ID][REGION].tables.values():
        table.items.clear()
    for queue in get_backend("sqs")[ACCOUNT_ID][REGION].queues.values():
        queue._messages.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The router's time, which a test can move."""
    clock = Clock()
    for module in _TIMED:
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def world(cloud: Cloud, clock: Clock) -> Iterator[World]:
    sockets = Sockets(cloud.calls)
    cloud.clients.__dict__["connections"] = sockets
    empty()
    yield World(cloud.clients, sockets, clock, cloud.calls)
    del cloud.clients.__dict__["connections"]
