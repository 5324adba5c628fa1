"""A device's credentials when AWS takes them no more: new ones are fetched, and the call is made again."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError

from chalicelib.clients import Clients
from chalicelib.settings import Settings
from device_agent import aws
from device_agent.clock import ServiceClock
from device_agent.errors import Revoked


class Router:
    """Stands for device_agent.router.Router; the first credentials are token 1, the next token 2."""

    def __init__(self) -> None:
        self.clock = ServiceClock()
        self.asked = 0
        self.is_revoked = False

    def credentials(self) -> dict[str, Any]:
        if self.is_revoked:
            raise Revoked("the device was revoked: stolen")
        self.asked += 1
        ends = datetime.now(UTC) + timedelta(hours=1)
        return {
            "access_key_id": "k",
            "secret_access_key": "s",
            "session_token": str(self.asked),
            "expires_at": ends.isoformat(),
        }


class Service(HTTPServer):
    """Stands for an AWS service that takes some tokens only, and says `code` to the others."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: set[str] = {"1", "2"}
        self.code = "AccessDeniedException"
        self.written: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_taken = self.headers["X-Amz-Security-Token"] in self.server.taken
        answer: dict[str, Any] = {} if is_taken else {"__type": f"com.amazonaws#{self.server.code}"}
        if is_taken:
            self.server.written.append(json.loads(body)["Item"]["text"]["S"])
        self.send_response(200 if is_taken else 400)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def router() -> Router:
    return Router()


@pytest.fixture
def clients(service: Service, router: Router, monkeypatch: pytest.MonkeyPatch) -> Clients:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{service.server_port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(aws, "_RENEWED_EVERY", 0.0)
    return aws.device_clients(router, Settings("p", "", ""))  # type: ignore[arg-type]


def _write(clients: Clients, text: str) -> None:
    clients.dynamodb.put_item(TableName="iopub", Item={"text": {"S": text}})


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"]
)
def test_what_is_refused_is_written_with_new_credentials_and_nothing_is_lost(
    clients: Clients, service: Service, router: Router, code: str
) -> None:
    _write(clients, "one")
    service.taken, service.code = {"2"}, code

    _write(clients, "two")
    _write(clients, "three")

    assert service.written == ["one", "two", "three"]
    assert router.asked == 2


def test_what_stays_denied_is_an_error_and_does_not_ask_for_credentials_for_ever(
    clients: Clients, service: Service, router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "_RENEWED_EVERY", 60.0)
    service.taken = set()

    for _ in range(3):
        with pytest.raises(ClientError, match="AccessDenied"):
            _write(clients, "one")

    assert router.asked == 1


def test_a_revoked_device_gets_no_new_credentials(clients: Clients, service: Service, router: Router) -> None:
    _write(clients, "one")
    service.taken, router.is_revoked = {"2"}, True

    with pytest.raises(CredentialRetrievalError, match="stolen"):
        _write(clients, "two")

    assert service.written == ["one"]


def test_another_error_fetches_no_credentials(clients: Clients, service: Service, router: Router) -> None:
    _write(clients, "one")
    service.taken, service.code = set(), "ValidationException"

    with pytest.raises(ClientError, match="ValidationException"):
        _write(clients, "two")

    assert router.asked == 1


def test_a_host_without_a_region_works_in_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    settings = Settings("p", "https://connections.test", device_role_arn="", region="eu-west-1")

    clients = aws.device_clients(Router(), settings)  # type: ignore[arg-type]

    for client in (clients.dynamodb, clients.sqs, clients.s3, clients.connections):
        assert client.meta.region_name == "eu-west-1"
