"""Structured logs and metrics (aws-lambda-powertools); the correlation id is a message's msg_id."""

import logging
import time

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="longwire")


def about(msg_id: str, **keys: str) -> None:
    """What the log lines of this request bear from here on; never a token, never code."""
    logger.thread_safe_clear_keys()
    logger.thread_safe_append_keys(correlation_id=msg_id, **keys)


def hop(name: str) -> None:
    """When the request of this thread passed a point on its way; only at log level DEBUG."""
    if logger.log_level <= logging.DEBUG:
        logger.debug("hop", extra={"hop": name, "at": time.time()})


def count(name: str) -> None:
    """One more of something, in CloudWatch's embedded metric format."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace="Longwire") as metric:
        metric.add_dimension(name="service", value="longwire")
