"""What is lost when AWS throttles, fails, or does what it was asked for and does not say so: nothing."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from chalicelib import iopub, sessions, sweeps
from chalicelib.errors import StaleLease
from chalicelib.messages import computation_end
from tests.contract.world import Browser, Device, World, only, output, reasons, texts


@contextlib.contextmanager
def failing(client: Any, operation: str) -> Iterator[None]:
    """An AWS operation fails whenever it is asked for."""

    def refuse(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        said = {"Error": {"Code": "ServiceUnavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        return AWSResponse("http://aws", 503, {}, None), said

    event = f"before-call.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register_first(event, refuse)
    try:
        yield
    finally:
        client.meta.events.unregister(event, refuse)


@pytest.fixture
def device(world: World) -> Device:
    return world.device()


def _running(world: World, device: Device) -> Browser:
    browser = world.browser()
    browser.run("1")
    device.claim(browser.session)
    [request] = device.take(browser.session)["shell"]
    device.take(browser.session, "control", done={"shell": [request["key"]]})
    browser.inbox()
    return browser


def _answer_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each conditional write is done, its answer is lost, and the SDK makes it again."""
    update = world.aws.dynamodb.update_item

    def twice(**request: Any) -> Any:
        update(**request)
        return update(**request)

    monkeypatch.setattr(world.aws.dynamodb, "update_item", twice)


def test_a_claim_whose_answer_was_lost_is_the_devices(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.browser()
    browser.run("1")
    _answer_lost(world, monkeypatch)

    assert device.claim(browser.session)["epoch"] == 1
    assert len(device.take(browser.session)["shell"]) == 1
    device.end(browser.session)
    assert browser.hello()[-1]["content"]["session_status"] == "ended"


def test_the_write_of_another_is_not_taken_for_ones_own(world: World, device: Device) -> None:
    browser = world.browser()
    browser.run("1")
    queued = sessions.get(world.aws, browser.session)
    device.claim(browser.session)

    with pytest.raises(StaleLease):
        sessions.update(world.aws, queued, status="claimed", device_id="other", epoch=1)


def test_the_loss_of_a_device_is_told_once_though_its_write_was_made_twice(
    world: World, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = _running(world, device)
    device.dies()
    _answer_lost(world, monkeypatch)

    sweeps.sweep(world.aws)

    assert list(reasons(browser.inbox())) == ["device_lost"]
    assert browser.hello()[-1]["content"]["session_status"] == "lost"


def test_a_request_that_nobody_could_be_told_of_is_taken_back_and_its_sender_told(
    world: World, device: Device
) -> None:
    browser = _running(world, device)

    with failing(world.aws.sqs, "SendMessage"):
        reply = only(browser.run("2"), "execute_reply")

    assert (reply["content"]["ename"], reply["content"]["status"]) == ("Busy", "error")
    assert device.take(browser.session)["shell"] == []


def test_trouble_with_the_tables_is_told_as_such(world: World) -> None:
    browser = world.browser()

    with failing(world.aws.dynamodb, "PutItem"):
        replies = browser.run("1")

    assert only(replies, "execute_reply")["content"]["ename"] == "Busy"


def test_a_connection_that_the_device_was_not_told_of_is_new_at_the_next_hello(
    world: World, device: Device
) -> None:
    browser, other = _running(world, device), world.browser()
    other.session, other.token = browser.session, browser.token
    device.rings()

    with failing(world.aws.sqs, "SendMessage"):
        refused = other.hello()[-1]
    answered = other.hello()[-1]

    assert (refused["content"].get("ename"), answered["content"]["status"]) == ("Busy", "ok")
    assert device.rings() == [{"session_id": browser.session, "channel": "connections"}]


def test_a_session_whose_ring_was_lost_is_rung_for_when_its_reader_asks(world: World) -> None:
    browser = world.browser()
    browser.run("1")
    world.pool_rings()

    [reply] = browser.hello()

    assert (reply["content"]["session_status"], reply["content"]["place"]) == ("queued", 1)
    assert world.pool_rings() == [{"session_id": browser.session}]


def test_no_ring_is_made_again_while_one_is_under_way(world: World) -> None:
    browser = world.browser()
    browser.run("1")
    url = world.aws.sqs.get_queue_url(QueueName=world.aws.settings.pool_queue("default"))["QueueUrl"]
    [message] = world.aws.sqs.receive_message(QueueUrl=url)["Messages"]

    browser.hello()
    world.aws.sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )

    assert len(world.pool_rings()) == 1


def test_the_end_that_a_device_could_not_write_is_written_for_it(world: World, device: Device) -> None:
    browser = _running(world, device)
    device.store(browser.session, output(1, "before"))

    device.end(browser.session, "failed")

    [told] = browser.inbox()
    *missed, _reply = browser.hello(after=0)
    assert told["sequence"] == 2
    assert list(reasons([told])) == list(reasons(missed)) == ["failed"]


def test_the_end_that_a_device_has_written_is_not_written_again(world: World, device: Device) -> None:
    browser = _running(world, device)
    end = computation_end("idle")
    end["sequence"] = 1
    device.store(browser.session, end, block=iopub.END_BLOCK)

    device.end(browser.session, "idle")

    assert browser.inbox() == []
    assert list(reasons(browser.hello(after=0))) == ["idle"]


def test_a_lost_device_overwrites_nothing_that_a_function_has_shown(world: World, device: Device) -> None:
    browser = _running(world, device)
    device.store(browser.session, output(1, "old", "f", 1), block="interact#f")
    device.dies()
    sweeps.sweep(world.aws)

    with pytest.raises(StaleLease):
        device.store(browser.session, output(2, "late", "f", 2), block="interact#f")

    assert texts(browser.hello(after=0)) == ["old"]
