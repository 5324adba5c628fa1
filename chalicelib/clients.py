"""The AWS clients of a process, made when first used and then kept."""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from chalicelib import aws_session
from chalicelib.remembered import Remembered
from chalicelib.settings import Settings, settings
from chalicelib.tally import Tally

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

_MAKING = RLock()

# A long poll lasts 20 s; everything else answers well within this.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=25,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=50,
    s3={"addressing_style": "path"},
    parameter_validation=False,
    # botocore would work it out anew for each call, which is an eighth of a call's CPU time.
    user_agent="longwire boto3",
)
# Links would be signed by version 2 else, which buckets made since 2020 refuse.
_S3_CONFIG = _CONFIG.merge(Config(signature_version="s3v4"))


@dataclass(frozen=True)
class Clients:
    """One boto3 session's clients, and the settings that name what they work on."""

    settings: Settings
    session: Callable[[], boto3.Session] = field(default=aws_session.session)
    watched: Remembered[Any] = field(default_factory=lambda: Remembered(10_000), compare=False, repr=False)
    """What chalicelib/connections.py remembers of connections that have their session for life."""
    running: Remembered[Any] = field(default_factory=lambda: Remembered(1_000), compare=False, repr=False)
    """What chalicelib/sessions.py has seen running a moment ago."""
    tally: Tally = field(default_factory=Tally, compare=False, repr=False)
    """What these clients have asked of AWS."""

    @cached_property
    def _session(self) -> boto3.Session:
        return self.session()

    def _client(self, service: str, config: Config = _CONFIG, **options: Any) -> Any:
        with _MAKING:  # making clients is not thread-safe in boto3, using them is
            client = self._session.client(service, config=config, **options)  # type: ignore[call-overload]
        return self.tally.watch(client)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self._client("dynamodb")  # type: ignore[no-any-return]

    @cached_property
    def sqs(self) -> "SQSClient":
        return self._client("sqs")  # type: ignore[no-any-return]

    @cached_property
    def s3(self) -> "S3Client":
        return self._client("s3", _S3_CONFIG)  # type: ignore[no-any-return]

    @cached_property
    def sts(self) -> "STSClient":
        return self._client("sts")  # type: ignore[no-any-return]

    @cached_property
    def iam(self) -> Any:
        """For an operator only: no function has the right to use it."""
        return self._client("iam")

    @cached_property
    def connections(self) -> "ApiGatewayManagementApiClient":
        return self._client("apigatewaymanagementapi", endpoint_url=self.settings.connections_url)  # type: ignore[no-any-return]

    def make(self) -> None:
        """Make those that every message needs, before the first one comes.

        They and all that was loaded stay: a full collection would look through it in the middle of a message.
        """
        _ = self.dynamodb, self.sqs, self.connections
        gc.freeze()


@cache
def clients() -> Clients:
    """The clients of this process."""
    return Clients(settings())
