"""Where a stage lives: the account, the region, and the names of all that belongs to it."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.errors import DeployError


@dataclass(frozen=True)
class Place:
    """A stage of one account in one region; `session` makes its clients."""

    stage: str
    account: str
    region: str
    session: boto3.Session

    @property
    def stack(self) -> str:
        """The stack's name, with which the names of all its resources begin."""
        return f"longwire-{self.stage}"

    @property
    def artifacts(self) -> str:
        """The bucket of what is uploaded to be deployed, which the stack itself is made from."""
        return self.bucket("artifacts")

    def bucket(self, kind: str) -> str:
        """One of the stage's buckets, as infra/template names them: `web`, `payloads`."""
        return f"{self.stack}-{kind}-{self.account}-{self.region}"

    @property
    def token_parameter(self) -> str:
        """The SSM parameter from which instances take their enrolment token."""
        return f"/longwire/{self.stack}/enrolment-token"

    def client(self, service: str) -> Any:
        """A boto3 client of any service."""
        return _client(self.session, service)


@cache
def _client(session: boto3.Session, service: str) -> Any:
    return session.client(service)  # type: ignore[call-overload]


def own_session() -> boto3.Session:
    """The operator's own credentials and region; boto3 itself looks at AWS_DEFAULT_REGION alone."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION"))


def find(stage: str, session: boto3.Session | None = None) -> Place:
    """The stage in the account and the region of the operator's own credentials.

    :raises DeployError: there are none, or no region.
    """
    session = session or own_session()
    if session.region_name is None:
        raise DeployError("no region: set AWS_REGION, or `region` in ~/.aws/config")
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"AWS does not know who you are: {error}") from error
    return Place(stage, account, session.region_name, session)
