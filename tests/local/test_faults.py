"""Faults on purpose: each service says it in its own words, and does or does not do what was asked."""

import asyncio
import contextlib
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from infra.local import aws, resources
from infra.local.faults import CONTROL_PATH, Fault, Faults, to_json
from infra.local.stack import PREFIX
from tests.local.test_storage import FILE

from .conftest import MakeGateway, Storage, storage

TABLE = f"{PREFIX}-texts"
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=1)


def once(service: str, url: str) -> Any:
    """A client that tries a call once."""
    session = boto3.session.Session("k", "s", region_name="us-east-1")
    return session.client(service, endpoint_url=url, config=ONCE)  # type: ignore[call-overload]


@contextlib.asynccontextmanager
async def filled(tmp_path: Path) -> AsyncIterator[Storage]:
    path = tmp_path / "resources.yaml"
    path.write_text(FILE)
    async with storage(tmp_path / "state") as started:
        await asyncio.to_thread(resources.create, path, PREFIX, started.endpoints)
        yield started


def code_of(call: Callable[[], Any]) -> tuple[int, str]:
    """The status and the code with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call()
    answer: Any = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


async def test_the_tables_can_throttle_fail_cut_and_be_late(tmp_path: Path) -> None:
    async with filled(tmp_path) as started:
        url = started.endpoints.storage
        client = once("dynamodb", url)

        def put(name: str) -> Any:
            return client.put_item(TableName=TABLE, Item={"a": {"S": name}, "b": {"S": "1"}})

        def names() -> list[str]:
            return sorted(item["a"]["S"] for item in client.scan(TableName=TABLE)["Items"])

        def faulty(*faults: Fault) -> None:
            aws.set_faults(url, faults, None)

        def check() -> None:
            faulty(Fault("dynamodb", "throttled", "PutItem", "*-texts"))
            assert code_of(lambda: put("throttled")) == (400, "ProvisionedThroughputExceededException")
            faulty(Fault("dynamodb", "failed", "PutItem", has_effect=True))
            assert code_of(lambda: put("failed, but written")) == (500, "InternalServerError")
            faulty(Fault("dynamodb", "cut", "PutItem"))
            with pytest.raises(ConnectionClosedError):
                put("cut")
            faulty(Fault("dynamodb", "cut", "PutItem", has_effect=True, count=1))
            with pytest.raises(ConnectionClosedError):
                put("cut, but written")
            put("after the only one")
            assert aws.faults_met(url) == [1]
            faulty(Fault("dynamodb", "late", "PutItem", delay=2))
            with pytest.raises(ReadTimeoutError):
                put("late, but written")
            faulty()
            assert names() == [
                "after the only one",
                "cut, but written",
                "failed, but written",
                "late, but written",
            ]

        await asyncio.to_thread(check)


async def test_faults_fit_only_the_calls_that_they_name(tmp_path: Path) -> None:
    async with filled(tmp_path) as started:
        url = started.endpoints.storage
        tables, bucket, tokens = (once(service, url) for service in ("dynamodb", "s3", "sts"))
        key = {"a": {"S": "1"}, "b": {"S": "1"}}

        def check() -> None:
            aws.set_faults(
                url,
                [
                    Fault("dynamodb", "throttled", "PutItem"),
                    Fault("dynamodb", "failed", "*", "*-items"),
                    Fault("s3", "throttled", "PutObject", "*-files"),
                    Fault("sts", "failed", "AssumeRole"),
                ],
                None,
            )
            tables.get_item(TableName=TABLE, Key=key)
            asked = {
                f"{PREFIX}-items": {"Keys": [{"a": {"S": "1"}, "b": {"N": "1"}}]},
                TABLE: {"Keys": [key]},
            }
            assert code_of(lambda: tables.batch_get_item(RequestItems=asked))[0] == 500
            bucket.list_objects_v2(Bucket=f"{PREFIX}-files")
            put = {"Bucket": f"{PREFIX}-files", "Key": "a/b", "Body": b"c"}
            assert code_of(lambda: bucket.put_object(**put)) == (503, "SlowDown")
            role = {"RoleArn": "arn:aws:iam::123456789012:role/device", "RoleSessionName": "device"}
            assert code_of(lambda: tokens.assume_role(**role)) == (500, "InternalFailure")
            tokens.get_caller_identity()
            assert aws.faults_met(url) == [0, 1, 1, 1]

        await asyncio.to_thread(check)


async def test_a_message_can_be_sent_twice_though_once_was_asked_for(queues: str) -> None:
    def check() -> None:
        client = once("sqs", queues)
        url = client.create_queue(QueueName="rings")["QueueUrl"]
        other = client.create_queue(QueueName="others")["QueueUrl"]
        aws.set_faults(queues, [Fault("sqs", "twice", "SendMessage", "rings")], None)
        for queue in (url, other):
            client.send_message(QueueUrl=queue, MessageBody="x")
        aws.set_faults(queues, [], None)
        counts = [
            client.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
            for queue in (url, other)
        ]
        assert [one["ApproximateNumberOfMessages"] for one in counts] == ["2", "1"]
        aws.set_faults(queues, [Fault("sqs", "throttled")], None)
        assert code_of(lambda: client.receive_message(QueueUrl=url))[1] == "RequestThrottled"
        aws.set_faults(queues, [Fault("sqs", "cut", "DeleteQueue", has_effect=True)], None)
        with pytest.raises(ConnectionClosedError):
            client.delete_queue(QueueUrl=url)
        assert client.list_queues()["QueueUrls"] == [other]

    await asyncio.to_thread(check)


async def test_the_gateway_can_throttle_and_fail(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway()
    root = gateway.url.removesuffix("/api")

    def check() -> None:
        faults = [Fault("api", "failed", "GET", "/health*"), Fault("connections", "throttled", "POST")]
        aws.set_faults(root, faults, None)
        with pytest.raises(urllib.error.HTTPError, match="500"):
            urllib.request.urlopen(f"{gateway.url}/health", timeout=5)
        posts = once("apigatewaymanagementapi", gateway.url)
        call = {"ConnectionId": "AAAAAAAAAAAAAAA=", "Data": b"x"}
        assert code_of(lambda: posts.post_to_connection(**call)) == (429, "LimitExceededException")
        aws.set_faults(root, [], None)
        assert code_of(lambda: posts.post_to_connection(**call))[0] in (400, 410)

    await asyncio.to_thread(check)


async def test_a_page_can_set_no_faults(queues: str) -> None:
    body = to_json([Fault("sqs", "failed")]).encode()
    request = urllib.request.Request(queues + CONTROL_PATH, body, {"Origin": "http://evil"}, method="PUT")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        await asyncio.to_thread(urllib.request.urlopen, request, timeout=5)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        bad = urllib.request.Request(queues + CONTROL_PATH, b'{"faults": [{"kind": 1}]}', method="PUT")
        await asyncio.to_thread(urllib.request.urlopen, bad, timeout=5)


def test_faults_end_by_their_count_or_time_and_are_the_same_for_a_seed() -> None:
    def met(faults: Faults, calls: int = 200) -> list[bool]:
        return [faults.meet("sqs", "SendMessage", ["q"]) is not None for _ in range(calls)]

    faults = Faults()
    faults.set(to_json([Fault("sqs", "failed", count=3)]))
    assert sum(met(faults)) == 3
    faults.set(to_json([Fault("sqs", "failed", seconds=0)]))
    assert sum(met(faults)) == 0
    half = to_json([Fault("sqs", "failed", probability=0.5)], seed=7)
    faults.set(half)
    first = met(faults)
    faults.set(half)
    assert met(faults) == first
    assert 60 < sum(first) < 140
