"""The service's time and AWS signatures, whatever this host's clock shows."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import botocore.auth
import pytest

from chalicelib.settings import Settings
from device_agent import aws
from device_agent.clock import ServiceClock

HOUR = 3600.0


@pytest.fixture(autouse=True)
def _own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", botocore.auth.get_current_datetime)


def _step(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    really = time.time
    monkeypatch.setattr(time, "time", lambda: really() + seconds)


def test_the_hosts_clock_counts_until_the_service_has_answered() -> None:
    assert abs(ServiceClock().now() - time.time()) < 1


@pytest.mark.parametrize("step", [-2 * HOUR, 2 * HOUR])
def test_a_step_of_the_hosts_clock_does_not_move_the_services(
    monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    clock, before = ServiceClock(), time.time()
    clock.learn(formatdate(before))

    _step(monkeypatch, step)

    assert abs(clock.now() - before) < 2
    assert abs(clock.skew - step) < 2


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2026"])
def test_a_date_that_is_none_changes_nothing(date: str) -> None:
    clock = ServiceClock()
    clock.learn(date)
    assert abs(clock.skew) < 1


def test_requests_are_signed_by_the_services_clock() -> None:
    clock = ServiceClock()
    clock.learn(formatdate(time.time() + HOUR))

    aws.sign_by(clock)

    signed_at = botocore.auth.get_current_datetime()
    assert abs(signed_at.replace(tzinfo=UTC).timestamp() - time.time() - HOUR) < 2


class Router:
    """Stands for device_agent.router.Router: gives out credentials for an hour, by the service's clock."""

    def __init__(self) -> None:
        self.clock = ServiceClock()
        self.asked = 0

    def credentials(self) -> dict[str, Any]:
        self.asked += 1
        ends = datetime.fromtimestamp(self.clock.now() + HOUR, UTC).isoformat()
        return {
            "access_key_id": "k",
            "secret_access_key": "s",
            "session_token": str(self.asked),
            "expires_at": ends,
        }


@pytest.fixture
def router() -> Iterator[Router]:
    yield Router()


@pytest.mark.parametrize("step", [-3 * HOUR, 3 * HOUR])
def test_credentials_last_as_long_as_the_service_says(
    monkeypatch: pytest.MonkeyPatch, router: Router, step: float
) -> None:
    clients = aws.device_clients(router, Settings("p", "", ""))  # type: ignore[arg-type]
    credentials = clients._session.get_credentials()
    assert credentials is not None
    assert credentials.get_frozen_credentials().token == "1"

    _step(monkeypatch, step)
    assert credentials.get_frozen_credentials().token == "1"

    router.clock.learn(formatdate(router.clock.now() + HOUR))
    assert credentials.get_frozen_credentials().token == "2"
