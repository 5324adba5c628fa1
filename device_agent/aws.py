"""AWS clients that work with the device's own temporary credentials, renewed before they end."""

from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.auth
import botocore.session
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from chalicelib.clients import Clients
from chalicelib.settings import Settings
from device_agent import logs, metrics
from device_agent.clock import ServiceClock, elapsed
from device_agent.errors import AgentError
from device_agent.router import Router

_REFUSED = frozenset(
    (
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "ForbiddenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    )
)
"""What DynamoDB, SQS, S3 and API Gateway answer when credentials are good for nothing, or not for this."""
_RENEWED_EVERY = 10.0
"""Seconds: a call that is denied for another reason must not ask the router for credentials each time."""


def sign_by(clock: ServiceClock) -> None:
    """Let this process sign its requests by the service's clock: AWS refuses what a wrong one has signed."""

    def now(remove_tzinfo: bool = True) -> datetime:
        time = datetime.fromtimestamp(clock.now(), UTC)
        return time.replace(tzinfo=None) if remove_tzinfo else time

    # botocore has no public way to be given a clock.
    botocore.auth.get_current_datetime = now  # type: ignore[attr-defined]


class DeviceCredentials(RefreshableCredentials):
    """Credentials that the router issues, renewed before they end and when AWS refuses them."""

    def __init__(self, router: Router) -> None:
        self._router = router
        first = self._issue()
        super().__init__(
            first["access_key"],
            first["secret_key"],
            first["token"],
            datetime.fromisoformat(first["expiry_time"]),
            refresh_using=self._issue,
            method="longwire-router",
            time_fetcher=self._now,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._router.clock.now(), UTC)

    def _issue(self) -> dict[str, Any]:
        try:
            answer = self._router.credentials()
        except AgentError as error:
            # As botocore's own kind of error it is waited out by whoever made the AWS call.
            raise CredentialRetrievalError(provider="longwire-router", error_msg=str(error)) from error
        logs.hide(answer["secret_access_key"])
        logs.hide(answer["session_token"])
        self._issued_at = elapsed()
        return {
            "access_key": answer["access_key_id"],
            "secret_key": answer["secret_access_key"],
            "token": answer["session_token"],
            "expiry_time": answer["expires_at"],
        }

    def refused(self, response: Any, attempts: int, **_: Any) -> float | None:
        """What botocore asks after every call: whether it shall be made again, and after how many seconds.

        Credentials end early where very many devices were revoked at once (infra/revocation.py), or where
        the service has changed what devices may do.
        """
        code = response[1].get("Error", {}).get("Code") if response else None
        if attempts > 1 or code not in _REFUSED:
            return None
        if elapsed() - self._issued_at > _RENEWED_EVERY:
            # botocore has no public way to let credentials end.
            self._expiry_time = self._now()
        return 0.0


def device_clients(router: Router, settings: Settings) -> Clients:
    """Clients whose credentials the router issues (STS, an hour each)."""

    def session() -> boto3.Session:
        core = botocore.session.get_session()
        credentials = DeviceCredentials(router)
        # botocore has no public way to give a session credentials that renew themselves.
        core._credentials = credentials  # type: ignore[attr-defined]
        core.register("needs-retry", credentials.refused)  # type: ignore[arg-type]
        return boto3.Session(botocore_session=core, region_name=settings.region)

    return Clients(settings, session, tally=metrics.TALLY)
