"""The stack's view of its AWS services: where they listen, how to reach them, how to start them."""

import contextlib
import functools
import json
import os
import socket
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import boto3.session
from botocore.config import Config

from chalicelib.clients import Clients
from chalicelib.settings import Settings
from infra.local.children import python_module
from infra.local.faults import CONTROL_PATH, Fault, to_json

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
# A proxy that this machine's owner has set must not stand between the parts of the stack.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Endpoints:
    """The addresses of the services on this machine."""

    storage: str
    queues: str

    def env(self) -> dict[str, str]:
        """Return the variables that send every AWS SDK here."""
        return {
            "AWS_ENDPOINT_URL_DYNAMODB": self.storage,
            "AWS_ENDPOINT_URL_S3": self.storage,
            "AWS_ENDPOINT_URL_STS": self.storage,
            "AWS_ENDPOINT_URL_IAM": self.storage,
            "AWS_ENDPOINT_URL_SQS": self.queues,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # Nobody's own profile may reach into the stack, nor the stack into an account.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, **_: object) -> Any:
        """Return a boto3 client of a service, with keys that are good for nothing elsewhere."""
        return _client(service, self.queues if service == "sqs" else self.storage)

    def clients(self, prefix: str) -> Clients:
        """Return clients as the router has them, for those of its functions that an operator calls."""
        return Clients(Settings(prefix, "", ""), lambda: cast(boto3.session.Session, self))


@functools.lru_cache(maxsize=64)
def _client(service: str, url: str) -> Any:
    session = boto3.session.Session("local", "local", region_name=REGION)
    config = Config(proxies={})
    return session.client(service, endpoint_url=url, config=config)  # type: ignore[call-overload]


def address(listener: socket.socket) -> str:
    """Return the http address of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def storage_command(listener: socket.socket, state: Path, save_seconds: float) -> list[str]:
    """Return the command of the storage process."""
    arguments = ("--fd", str(listener.fileno()), "--state", str(state), "--save-seconds", str(save_seconds))
    return python_module("infra.local.storage.server", *arguments, "--region", REGION)


def queues_command(listener: socket.socket, state: Path) -> list[str]:
    """Return the command of the queue process."""
    arguments = ("--fd", str(listener.fileno()), "--memory", str(state / "queues.json"))
    return python_module("infra.local.queues.server", *arguments, "--region", REGION)


def is_up(url: str) -> bool:
    """Return whether a service answers at all; waits at most 5 s."""
    with contextlib.suppress(OSError), DIRECT.open(url, timeout=5) as answer:
        return bool(answer.status < 500)
    return False


def storage_control(url: str, action: str) -> int:
    """Have the storage process `restore` or `save`; return how many items and objects it counted."""
    request = urllib.request.Request(f"{url}/_local/{action}", method="POST")  # noqa: S310
    with DIRECT.open(request, timeout=60) as answer:
        return int(json.load(answer)["count"])


def set_faults(url: str, faults: Iterable[Fault], seed: int | None) -> None:
    """Replace the faults of the process at an address."""
    _faults(url, "PUT", to_json(faults, seed).encode())


def faults_met(url: str) -> list[int]:
    """Return how often each fault of the process at an address was met."""
    return _faults(url, "GET", None)


def _faults(url: str, method: str, body: bytes | None) -> list[int]:
    request = urllib.request.Request(url + CONTROL_PATH, body, method=method)  # noqa: S310
    with DIRECT.open(request, timeout=10) as answer:
        met: list[int] = json.load(answer)["met"]
        return met
