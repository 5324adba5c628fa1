"""AWS clients that work with the device's own temporary credentials, renewed before they end."""

from typing import Any

import boto3
import botocore.session
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError

from chalicelib.clients import Clients
from chalicelib.settings import Settings
from device_agent import logs
from device_agent.errors import AgentError
from device_agent.router import Router


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
        # botocore has no public way to give a session credentials that renew themselves.
        core._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]
            metadata=refresh(), refresh_using=refresh, method="longwire-router"
        )
        return boto3.Session(botocore_session=core)

    return Clients(settings, session)
