"""What an operator's command does to the tables, and what the devices see of it."""

import json
from typing import Any

import pytest

from chalicelib import api_keys, credentials, http, tokens
from chalicelib.errors import DeviceRevoked, NotAuthorized
from infra import operator, revocation
from infra.operator import Clients
from tests.contract.conftest import Operate
from tests.contract.world import World, reasons


def _enrol(world: World, token: str) -> dict[str, Any]:
    return http.enrol(world.aws, json.dumps({"enrolment_token": token}))


def test_a_token_lets_as_many_devices_in_as_it_says_and_gives_them_pool_and_labels(
    world: World, operate: Operate
) -> None:
    operate("pool", "set", "lab")
    token = operate("enrolment-token", "--pool", "lab", "--label", "gpu", "--label", "fast", "--uses", "2")

    for _ in range(2):
        device = _enrol(world, token)
        assert (device["pool"], device["labels"]) == ("lab", ["gpu", "fast"])
    with pytest.raises(NotAuthorized):
        _enrol(world, token)


def test_a_token_is_good_for_as_long_as_it_says(world: World, operate: Operate) -> None:
    token = operate("enrolment-token", "--hours", "2")
    world.clock.now += 2 * 3600 + 1

    with pytest.raises(NotAuthorized):
        _enrol(world, token)


def test_only_the_hash_of_a_token_is_stored(world: World, operate: Operate) -> None:
    token = operate("enrolment-token")

    rows = world.aws.dynamodb.scan(TableName=world.aws.settings.table("devices"))["Items"]
    assert tokens.hash_token(token) in json.dumps(rows)
    assert token not in json.dumps(rows)


def test_a_device_is_told_what_its_pool_asks_at_its_next_start(world: World, operate: Operate) -> None:
    device = world.device()
    assert device.start()["policy"] == {}

    operate("pool", "set", "default", "--sandbox", "rootless", "--network", "pypi.org", "*.example.org")
    operate("pool", "set", "default", "--preload", "numpy")

    asked = {"sandbox": "rootless", "network": ["pypi.org", "*.example.org"], "preload": ["numpy"]}
    assert device.start()["policy"] == asked
    assert json.loads(operate("pool", "show", "default")) == asked


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pool", "show", "nowhere"), "there is no pool nowhere"),
        (("enrolment-token", "--pool", "nowhere"), "there is no pool nowhere"),
        (("enrolment-token", "--uses", "0"), "more than 0"),
        (("device", "revoke", "nobody"), "there is no device nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    operate: Operate, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(SystemExit, match="1"):
        operate(*arguments)
    assert words in capsys.readouterr().err


def test_without_a_stack_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LONGWIRE_PREFIX", raising=False)
    with pytest.raises(SystemExit, match="1"):
        operator.main(["devices", "list"])
    assert "LONGWIRE_PREFIX" in capsys.readouterr().err
    assert operator.Clients is Clients


def test_a_revoked_device_is_refused_with_the_reason_and_its_readers_are_told(
    world: World, operate: Operate
) -> None:
    device, browser = world.device(), world.browser()
    browser.run()
    device.claim(browser.session)
    device.take(browser.session)

    operate("device", "revoke", device.device_id, "--reason", "stolen")

    with pytest.raises(DeviceRevoked, match="stolen") as caught:
        device.heartbeat()
    assert (caught.value.status, caught.value.details["reason"]) == (403, "stolen")
    assert list(reasons(browser.inbox())) == ["device_lost"]


def _denied(world: World) -> dict[str, Any]:
    answer = world.aws.iam.get_role_policy(RoleName="longwire-contract-device", PolicyName="revoked")
    document: dict[str, Any] = answer["PolicyDocument"]
    return document


def test_a_revoked_device_has_no_queue_and_its_credentials_are_denied_everything(
    world: World, operate: Operate
) -> None:
    device, other = world.device(), world.device()

    operate("device", "revoke", device.device_id)

    assert _denied(world) == revocation.denial([device.device_id], 0)
    with pytest.raises(world.aws.sqs.exceptions.QueueDoesNotExist):
        world.aws.sqs.receive_message(QueueUrl=device.queue_url)
    assert other.rings() == []


def test_those_are_named_whose_credentials_may_still_last_the_latest_first(
    world: World, operate: Operate
) -> None:
    old, second, third = (world.device().device_id for _ in range(3))
    for device_id, later in ((old, credentials.LIFETIME + revocation.MARGIN), (second, 60), (third, 0)):
        operate("device", "revoke", device_id)
        world.clock.now += later

    assert _denied(world) == revocation.denial([third, second], 0)


def test_of_two_operators_at_once_neither_undoes_what_the_other_did(
    world: World, operate: Operate, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = world.device().device_id, world.device().device_id
    put = world.aws.iam.put_role_policy

    def late(**request: Any) -> None:
        monkeypatch.setattr(world.aws.iam, "put_role_policy", put)
        operate("device", "revoke", two)
        put(**request)

    monkeypatch.setattr(world.aws.iam, "put_role_policy", late)
    operate("device", "revoke", one)

    assert sorted(_denied(world)["Statement"][0]["Condition"]["StringLike"]["aws:userid"]) == sorted(
        f"*:device-{device_id}" for device_id in (one, two)
    )


def test_devices_are_listed_with_state_load_and_level_and_without_secrets(
    world: World, operate: Operate
) -> None:
    device = world.device()
    device.start(facts={"version": "1.2.3"}, sandbox="rootless")
    device.heartbeat(state="draining", reason="asked to drain", capacity=20, cpu=0.5)

    listed = operate("devices", "list")
    assert f"{device.device_id}  default  -  draining since 20" in listed
    assert "(asked to drain)  version 1.2.3  sandbox rootless  1/20 sessions" in listed
    assert "token" not in operate("devices", "list", "--json")


def test_a_key_is_good_until_it_is_revoked_or_expires_and_only_its_hash_is_stored(
    world: World, operate: Operate
) -> None:
    kept, short = operate("api-key", "issue", "a course"), operate("api-key", "issue", "a day", "--days", "1")
    rows = json.dumps(world.aws.dynamodb.scan(TableName=world.aws.settings.table("devices"))["Items"])
    assert kept.split("-", 3)[3] not in rows
    assert operate("devices", "list") == ""
    for key in (kept, short):
        api_keys.check(world.aws, key)

    world.clock.now += 24 * 3600 + 1
    with pytest.raises(NotAuthorized):
        api_keys.check(world.aws, short)
    api_keys.check(world.aws, kept)
    key_id = kept.split("-")[2]
    assert "is revoked" in operate("api-key", "revoke", key_id)
    with pytest.raises(NotAuthorized):
        api_keys.check(world.aws, kept)
    with pytest.raises(SystemExit):
        operate("api-key", "revoke", key_id)
