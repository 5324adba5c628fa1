"""AWS in trouble: what passes by itself is told as such, so that whoever asked knows to ask again."""

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Busy
from chalicelib.telemetry import logger

_THROTTLED = frozenset(
    (
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    )
)
AwsError = (ClientError, BotoCoreError)
"""What an AWS call raises."""


def passes(error: Exception) -> bool:
    """Whether the same call may succeed a little later: it was throttled, failed over there, or got lost."""
    if not isinstance(error, ClientError):
        return isinstance(error, BotoCoreError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error.response["Error"]["Code"] in _THROTTLED


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Raises Busy in place of trouble that passes."""
    try:
        yield
    except AwsError as error:
        if not passes(error):
            raise
        logger.exception("aws is in trouble")
        raise Busy("the service does not keep up at the moment: send this again") from error
