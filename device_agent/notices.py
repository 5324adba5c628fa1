"""What EC2 tells an instance of its end: the agent drains, then its group is told that it may go."""

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import urllib3

from device_agent.settings import Ec2

log = logging.getLogger(__name__)

_ADDRESS = "http://169.254.169.254"
EVERY = 5.0
"""Seconds between two looks: a Spot instance is told two minutes before its end."""
_LASTS = "21600"
"""Seconds for which a metadata token is good, the most that there are."""
_TOO_LATE = 25.0
"""Seconds of a Spot instance's last two minutes that are kept for handing over what still runs."""
_OF_A_GROUP = 780.0
"""Seconds for which what runs may go on: the lifecycle hook of infra/template/devices.yaml waits for 900."""
_POOL = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(2.0))

Stop = Callable[[str, float], None]


class Metadata:
    """The instance metadata service, version 2 (EC2 user guide, "Access instance metadata")."""

    def __init__(self) -> None:
        self._address = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", _ADDRESS).rstrip("/")
        self._token = ""

    def read(self, path: str) -> str | None:
        """What stands under a path of /latest/meta-data; None when there is no such thing.

        :raises OSError: the service does not answer.
        """
        answer = self._get(path) if self._token else None
        if answer is None or answer.status == 401:  # the token has expired
            fresh = self._ask("PUT", "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds", _LASTS)
            self._token = fresh.data.decode()
            answer = self._get(path)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise OSError(f"the instance metadata service answers {answer.status}")
        return answer.data.decode()

    def _get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self._ask("GET", f"/latest/meta-data/{path}", "x-aws-ec2-metadata-token", self._token)

    def _ask(self, method: str, path: str, header: str, value: str) -> urllib3.BaseHTTPResponse:
        try:
            return _POOL.request(method, self._address + path, headers={header: value})
        except urllib3.exceptions.HTTPError as error:
            raise OSError(f"the instance metadata service does not answer: {error}") from error


def heard(metadata: Metadata) -> tuple[str, float] | None:
    """Why the instance has to go, and for how many seconds what runs may go on; None when it stays.

    :raises OSError: the metadata service does not answer.
    """
    if text := metadata.read("spot/instance-action"):
        told = json.loads(text)
        ends_at = datetime.fromisoformat(told["time"]).timestamp()
        return f"EC2 takes this Spot instance ({told['action']})", max(0.0, ends_at - time.time() - _TOO_LATE)
    if metadata.read("autoscaling/target-lifecycle-state") == "Terminated":
        return "its group takes this instance away", _OF_A_GROUP
    return None


@contextlib.asynccontextmanager
async def watched(settings: Ec2, stop: Stop, every: float = EVERY) -> AsyncIterator[None]:
    """Stop the agent when EC2 says so; at the end, when it has drained, let the instance go.

    :param stop: is told why, and for how many seconds what runs may go on.
    """
    if settings.notices != "on":
        yield
        return
    metadata = Metadata()
    watching = asyncio.create_task(_watch(metadata, stop, every))
    try:
        yield
    finally:
        told = watching.done() and not watching.cancelled()
        watching.cancel()
        if told and settings.autoscaling_group:
            await asyncio.to_thread(_let_go, metadata, settings)


async def _watch(metadata: Metadata, stop: Stop, every: float) -> None:
    """Return once the agent was stopped."""
    trouble = ""
    while True:
        try:
            if found := await asyncio.to_thread(heard, metadata):
                log.warning("%s: %.0f s are left", *found)
                stop(*found)
                return
            trouble = ""
        except (OSError, ValueError, KeyError) as error:
            if str(error) != trouble:
                log.warning("what EC2 says of this instance is not known: %s", error)
            trouble = str(error)
        await asyncio.sleep(every)


def _let_go(metadata: Metadata, settings: Ec2) -> None:
    """The group need not wait for the rest of its hook's time. Trouble is logged: it waits, then."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        region, instance = metadata.read("placement/region"), metadata.read("instance-id")
        client: Any = boto3.Session(region_name=region).client("autoscaling")
        client.complete_lifecycle_action(
            AutoScalingGroupName=settings.autoscaling_group,
            LifecycleHookName=settings.lifecycle_hook,
            InstanceId=instance,
            LifecycleActionResult="CONTINUE",
        )
    except (OSError, BotoCoreError, ClientError) as error:
        log.warning("the group was not told that the device has drained: %s", error)
