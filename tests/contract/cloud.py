"""The tables, queues and bucket of infra/template/buffers, made once in moto, in this process."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast
from unittest import mock

import boto3
from moto import mock_aws
from moto.backends import get_backend

from chalicelib.clients import Clients
from chalicelib.settings import Settings
from infra.local import resources, roles
from infra.local.aws import ACCOUNT_ID, REGION, Endpoints
from infra.parts import BUFFERS
from tests.contract.permissions import Permissions
from tests.contract.world import Clock, Sockets, World

PREFIX = "longwire-contract"
TIMED = tuple(
    import_module(f"chalicelib.{name}")
    for name in (
        "api_keys",
        "channels",
        "claims",
        "connections",
        "devices",
        "enrolment",
        "http",
        "identity",
        "iopub",
        "items",
        "permalinks",
        "live",
        "quotas",
        "rates",
        "reports",
        "service",
        "sessions",
        "sweeps",
        "tokens",
    )
)
"""The modules of the router that look at the time."""


def empty() -> None:
    """Forget what is stored, inside moto: through the API it would take most of the tests' time."""
    for table in get_backend("dynamodb")[ACCOUNT_ID][REGION].tables.values():
        table.items.clear()
    for queue in get_backend("sqs")[ACCOUNT_ID][REGION].queues.values():
        queue._messages.clear()


@dataclass(frozen=True)
class Cloud:
    """Clients that work against moto, and how often each operation was asked for."""

    clients: Clients
    calls: Counter[str]
    permissions: Permissions

    @contextlib.contextmanager
    def world(self, clock: Clock) -> Iterator[World]:
        """An empty one, with websockets of its own."""
        sockets = Sockets(self.calls)
        self.clients.__dict__["connections"] = sockets
        empty()
        self.permissions.refused.clear()
        with self.permissions.watched():
            yield World(self.clients, sockets, clock, self.calls)
        assert not self.permissions.refused, self.permissions.refused
        del self.clients.__dict__["connections"]


@contextlib.contextmanager
def opened() -> Iterator[Cloud]:
    """A cloud, for as long as it is needed."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    environment = {"AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    with mock.patch.dict(os.environ, environment), mock_aws():
        session = boto3.Session("testing", "testing", region_name=REGION)
        session.events.register("before-call.*.*", count)
        permissions = Permissions(PREFIX)
        session.events.register("before-parameter-build.*.*", permissions.note)
        settings = Settings(
            prefix=PREFIX,
            connections_url="http://websockets.test",
            own_payload_bucket=resources.name(BUFFERS, PREFIX, "PayloadBucket"),
            device_role_arn=f"arn:aws:iam::123456789012:role/{PREFIX}-device",
        )
        clients = Clients(settings, lambda: session)

        class Moto:
            def client(self, service: str) -> Any:
                return getattr(clients, service)

        resources.create(BUFFERS, PREFIX, cast(Endpoints, Moto()))
        roles.create_device_role(PREFIX, cast(Endpoints, Moto()))
        yield Cloud(clients, calls, permissions)
