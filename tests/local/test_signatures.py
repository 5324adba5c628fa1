"""A request that a wrong clock has signed is refused, as AWS refuses it."""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.signatures import complaint

from .conftest import MakeGateway, boto, storage

V4 = Config(signature_version="s3v4")


def wrong_by(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let botocore sign as if it were another time."""
    wrong = datetime.fromtimestamp(time.time() + seconds, UTC).replace(tzinfo=None)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: wrong)


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("seconds", [-3600, 3600])
async def test_every_service_refuses_a_wrong_clock(
    tmp_path: Path, queues: str, make_gateway: MakeGateway, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    gateway = await make_gateway()
    post = {"ConnectionId": "AAAAAAAAAAAAAAA=", "Data": b"x"}
    async with storage(tmp_path / "state") as started:

        def check() -> None:
            url = started.endpoints.storage
            bucket = Session("k", "s", region_name="us-east-1").client("s3", endpoint_url=url, config=V4)
            connections = boto("apigatewaymanagementapi", gateway.url)
            bucket.create_bucket(Bucket="files")
            bucket.put_object(Bucket="files", Key="a", Body=b"1")
            good = bucket.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a"})
            assert urllib.request.urlopen(good, timeout=5).read() == b"1"
            wrong_by(monkeypatch, seconds)
            bad = bucket.generate_presigned_url(
                "get_object", Params={"Bucket": "files", "Key": "a"}, ExpiresIn=60
            )
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(bad, timeout=5)
            assert code_of(boto("dynamodb", url).list_tables) == "InvalidSignatureException"
            assert code_of(boto("sts", url).get_caller_identity) == "SignatureDoesNotMatch"
            assert code_of(lambda: bucket.list_objects_v2(Bucket="files")) == "RequestTimeTooSkewed"
            assert code_of(boto("sqs", queues).list_queues) == "SignatureDoesNotMatch"
            assert code_of(lambda: connections.post_to_connection(**post)) == "InvalidSignatureException"

        await asyncio.to_thread(check)


async def test_a_clock_that_is_a_little_wrong_does_no_harm(
    queues: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_by(monkeypatch, 200)
    await asyncio.to_thread(boto("sqs", queues).list_queues)


@pytest.mark.parametrize("text", [None, "", "yesterday"])
def test_what_is_not_signed_is_not_complained_of(text: str | None) -> None:
    assert complaint(text) is None
