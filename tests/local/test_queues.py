"""Our SQS through a real boto3 client, and what happens to a poll whose client dies."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.queues.queue import Queue
from infra.local.queues.service import Service

from .conftest import boto

POLLER = """
import boto3.session, sys
sqs = boto3.session.Session("k", "s", region_name="us-east-1").client("sqs", endpoint_url=sys.argv[1])
print("polling", flush=True)
print(sqs.receive_message(QueueUrl=sys.argv[2], WaitTimeSeconds=20), flush=True)
"""


class Calls:
    """A boto3 client whose calls run in threads, and one queue."""

    def __init__(self, client: Any, url: str) -> None:
        self.client = client
        self.url = url

    async def __call__(self, action: str, **arguments: Any) -> Any:
        return await asyncio.to_thread(getattr(self.client, action), QueueUrl=self.url, **arguments)

    async def receive(self, **arguments: Any) -> list[dict[str, Any]]:
        answer = await self("receive_message", AttributeNames=["All"], **arguments)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    async def count(self, name: str = "ApproximateNumberOfMessages") -> int:
        answer = await self("get_queue_attributes", AttributeNames=["All"])
        return int(answer["Attributes"][name])


@pytest.fixture
async def calls(queues: str) -> Calls:
    return await make_queue(queues, "work")


async def make_queue(url: str, name: str, **attributes: str) -> Calls:
    client = boto("sqs", url)
    answer = await asyncio.to_thread(client.create_queue, QueueName=name, Attributes=attributes)
    return Calls(client, answer["QueueUrl"])


async def test_a_message_goes_through_once(calls: Calls) -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": "bell"}}
    sent = await calls("send_message", MessageBody="grüß", MessageAttributes=attributes)
    (message,) = await calls.receive(MessageAttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == "grüß"
    assert message["MessageAttributes"]["kind"]["StringValue"] == "bell"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert abs(int(message["Attributes"]["SentTimestamp"]) / 1000 - time.time()) < 10
    assert await calls.receive() == []
    assert await calls.count("ApproximateNumberOfMessagesNotVisible") == 1
    await calls("delete_message", ReceiptHandle=message["ReceiptHandle"])
    assert await calls.count("ApproximateNumberOfMessagesNotVisible") == 0


async def test_a_long_poll_wakes_at_once(calls: Calls) -> None:
    await calls.receive()
    poll = asyncio.create_task(calls.receive(WaitTimeSeconds=20))
    await asyncio.sleep(0.1)
    sent_at = time.monotonic()
    await calls("send_message", MessageBody="x")
    assert len(await poll) == 1
    assert time.monotonic() - sent_at < 1


async def test_a_long_poll_ends_empty(calls: Calls) -> None:
    started_at = time.monotonic()
    assert await calls.receive(WaitTimeSeconds=1) == []
    assert 0.9 < time.monotonic() - started_at < 5


async def test_a_dead_poller_gets_no_message(calls: Calls, queues: str) -> None:
    poller = await asyncio.create_subprocess_exec(
        sys.executable, "-c", POLLER, queues, calls.url, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert poller.stdout is not None
        await poller.stdout.readline()
        # A poll of our own that comes back empty gives the other one the time to be in line.
        await calls.receive(WaitTimeSeconds=1)
    finally:
        poller.kill()
        await poller.wait()
    await calls("send_message", MessageBody="x")
    (message,) = await calls.receive(WaitTimeSeconds=5)
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


async def test_every_poll_gets_one_of_many(calls: Calls) -> None:
    polls = [asyncio.create_task(calls.receive(WaitTimeSeconds=10)) for _ in range(5)]
    await asyncio.sleep(0.1)
    for n in range(5):
        await calls("send_message", MessageBody=str(n))
    bodies = [message["Body"] for poll in polls for message in await poll]
    assert sorted(bodies) == list("01234")


async def test_a_message_not_deleted_comes_again(calls: Calls) -> None:
    await calls("send_message", MessageBody="x")
    (first,) = await calls.receive(VisibilityTimeout=1)
    (again,) = await calls.receive(WaitTimeSeconds=5)
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert again["ReceiptHandle"] != first["ReceiptHandle"]
    # The first receipt is stale: it deletes nothing.
    await calls("delete_message", ReceiptHandle=first["ReceiptHandle"])
    await calls("change_message_visibility", ReceiptHandle=again["ReceiptHandle"], VisibilityTimeout=0)
    assert len(await calls.receive()) == 1


async def test_visibility_can_be_prolonged(calls: Calls) -> None:
    await calls("send_message", MessageBody="x")
    (message,) = await calls.receive(VisibilityTimeout=1)
    await calls("change_message_visibility", ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=60)
    assert await calls.receive(WaitTimeSeconds=2) == []


async def test_a_zero_visibility_shows_it_once_per_receive(calls: Calls) -> None:
    await calls("send_message", MessageBody="x")
    for _ in range(2):
        assert len(await calls.receive(VisibilityTimeout=0, MaxNumberOfMessages=10)) == 1


async def test_a_delay_holds_a_message_back(calls: Calls) -> None:
    await calls("send_message", MessageBody="x", DelaySeconds=1)
    assert await calls.receive() == []
    assert await calls.count("ApproximateNumberOfMessagesDelayed") == 1
    assert len(await calls.receive(WaitTimeSeconds=5)) == 1


async def test_what_is_received_too_often_goes_to_the_dead_letters(queues: str) -> None:
    dead = await make_queue(queues, "dead")
    arn = "arn:aws:sqs:us-east-1:123456789012:dead"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    work = await make_queue(queues, "work", RedrivePolicy=policy)
    await work("send_message", MessageBody="poison")
    for _ in range(2):
        assert len(await work.receive(VisibilityTimeout=0)) == 1
    assert await work.receive() == []
    (message,) = await dead.receive()
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("poison", "3")


async def test_batches(calls: Calls) -> None:
    entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(10)]
    assert len((await calls("send_message_batch", Entries=entries))["Successful"]) == 10
    messages = await calls.receive(MaxNumberOfMessages=10)
    assert len(messages) == 10
    gone = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
    gone[0]["ReceiptHandle"] = "nonsense"
    answer = await calls("delete_message_batch", Entries=gone)
    assert len(answer["Successful"]) == 9
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    with pytest.raises(ClientError):
        await calls("send_message_batch", Entries=[*entries, {"Id": "10", "MessageBody": "x"}])


@pytest.mark.parametrize(
    ("action", "arguments", "code"),
    [
        ("send_message", {"MessageBody": "x" * (1024 * 1024 + 1)}, "InvalidParameterValue"),
        ("receive_message", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
        ("receive_message", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ("delete_message", {"ReceiptHandle": "nonsense"}, "ReceiptHandleIsInvalid"),
        ("set_queue_attributes", {"Attributes": {"VisibilityTimeout": "x"}}, "InvalidParameterValue"),
        ("set_queue_attributes", {"Attributes": {"Colour": "red"}}, "InvalidAttributeName"),
    ],
)
async def test_what_is_refused(calls: Calls, action: str, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        await calls(action, **arguments)
    assert refused.value.response["Error"]["Code"] == code


async def test_one_mebibyte_fits(calls: Calls) -> None:
    await calls("send_message", MessageBody="x" * (1024 * 1024))
    assert len((await calls.receive())[0]["Body"]) == 1024 * 1024


async def test_an_unknown_queue_is_the_exception_that_boto3_has(calls: Calls) -> None:
    with pytest.raises(calls.client.exceptions.QueueDoesNotExist) as unknown:
        await asyncio.to_thread(calls.client.get_queue_url, QueueName="nothing")
    assert unknown.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    await calls("delete_queue")
    with pytest.raises(calls.client.exceptions.QueueDoesNotExist):
        await calls("send_message", MessageBody="x")


async def test_a_queue_of_the_same_name(calls: Calls) -> None:
    again = await asyncio.to_thread(calls.client.create_queue, QueueName="work")
    assert again["QueueUrl"] == calls.url
    with pytest.raises(calls.client.exceptions.QueueNameExists):
        await asyncio.to_thread(
            calls.client.create_queue, QueueName="work", Attributes={"VisibilityTimeout": "7"}
        )
    listed = await asyncio.to_thread(calls.client.list_queues, QueueNamePrefix="wo")
    assert listed["QueueUrls"] == [calls.url]


async def test_purge(calls: Calls) -> None:
    for _ in range(3):
        await calls("send_message", MessageBody="x")
    await calls.receive()
    await calls("purge_queue")
    assert await calls.count() == await calls.count("ApproximateNumberOfMessagesNotVisible") == 0


async def test_too_many_in_flight(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    monkeypatch.setattr("infra.local.queues.queue.IN_FLIGHT_MAX", 1)
    for _ in range(2):
        await calls("send_message", MessageBody="x")
    assert len(await calls.receive(MaxNumberOfMessages=10)) == 1
    with pytest.raises(calls.client.exceptions.OverLimit):
        await calls.receive()


async def test_queues_are_remembered_over_a_restart(tmp_path: Path) -> None:
    memory = tmp_path / "queues.json"
    body = {"QueueName": "q", "Attributes": {"VisibilityTimeout": "7"}}
    await Service("http://x", "us-east-1", memory).call("CreateQueue", body, lambda: False)
    again = Service("http://x", "us-east-1", memory)
    answer = await again.call(
        "GetQueueAttributes", {"QueueUrl": "q", "AttributeNames": ["All"]}, lambda: False
    )
    assert answer["Attributes"]["VisibilityTimeout"] == "7"


async def test_a_cancelled_poll_that_was_just_woken_passes_the_message_on() -> None:
    queue = Queue("q", {}, lambda _: None)
    service = Service("http://x", "us-east-1")
    service._queues["q"] = queue
    polls = [
        asyncio.create_task(
            service.call("ReceiveMessage", {"QueueUrl": "q", "WaitTimeSeconds": 5}, lambda: False)
        )
        for _ in range(2)
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await service.call("SendMessage", {"QueueUrl": "q", "MessageBody": "x"}, lambda: False)
    polls[0].cancel()
    assert (await asyncio.wait_for(polls[1], 1))["Messages"][0]["Body"] == "x"
