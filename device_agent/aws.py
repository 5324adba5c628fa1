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
from device_agent.clock import ServiceClock
from device_agent.errors import AgentError
from device_agent.router import Router


def sign_by(clock: ServiceClock) -> None:
    """Let this process sign its requests by the service's clock: AWS refuses what a wrong one has signed."""

    def now(remove_tzinfo: bool = True) -> datetime:
        time = datetime.fromtimestamp(clock.now(), UTC)
        return time.replace(tzinfo=None) if remove_tzinfo else time

    # botocore has no public way to be given a clock.
    botocore.auth.get_current_datetime = now  # type: ignore[attr-defined]


def device_clients(router: Router, settings: Settings) -> Clients:
    """Clients whose credentials the router issues (STS, an hour each)."""

    def refresh() -> dict[str, Any]:
        try:
            answer = router.credentials()
        except AgentError as error:
            # As botocore's own kind of error it is waited out by whoever made the AWS call.
            raise CredentialRetrievalError(provider="longwire-router", error_msg=str(error)) from error
        logs.hide(answer["secret_access_key"])
        logs.hide(answer["session_token"])
        return {
            "access_key": answer["access_key_id"],
            "secret_key": answer["secret_access_key"],
            "token": answer["session_token"],
            "expiry_time": answer["expires_at"],
        }

    def session() -> boto3.Session:
        core = botocore.session.get_session()
        first = refresh()
        # botocore has no public way to give a session credentials that renew themselves.
        core._credentials = RefreshableCredentials(  # type: ignore[attr-defined]
            first["access_key"],
            first["secret_key"],
            first["token"],
            datetime.fromisoformat(first["expiry_time"]),
            refresh_using=refresh,
            method="longwire-router",
            time_fetcher=lambda: datetime.fromtimestamp(router.clock.now(), UTC),
        )
        return boto3.Session(botocore_session=core)

    return Clients(settings, session, tally=metrics.TALLY)
