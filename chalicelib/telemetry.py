"""Structured logs and metrics (aws-lambda-powertools); the correlation id is a message's msg_id."""

import logging
import os
import time

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

_SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "longwire")
"""Whose figures they are: the stack's name, on AWS."""
logger = Logger(service=_SERVICE)


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
    _emit(name, MetricUnit.Count, 1)


def seconds(name: str, value: float) -> None:
    """How long something took."""
    _emit(name, MetricUnit.Seconds, value)


def gauge(name: str, value: float, **dimensions: str) -> None:
    """How much there is of something now, of one kind by its dimensions (CloudWatch bills each kind)."""
    _emit(name, MetricUnit.Count, value, **dimensions)


def _emit(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace="Longwire") as metric:
        for dimension, text in {"service": _SERVICE, **dimensions}.items():
            metric.add_dimension(name=dimension, value=text)
