"""How a device is let in, and how little it may do then."""

import dataclasses
import json

import pytest

from chalicelib import credentials, devices, http, tokens
from chalicelib.clients import Clients
from chalicelib.credentials import MAX_POLICY_CHARACTERS
from chalicelib.errors import NotAuthorized
from tests.contract.world import World


def _enrol(world: World, token: str) -> dict[str, str]:
    return http.enrol(world.aws, json.dumps({"enrolment_token": token}))


def test_an_enrolment_token_lets_one_device_in(world: World) -> None:
    token = world.enrolment_token()
    first = _enrol(world, token)

    with pytest.raises(NotAuthorized) as caught:
        _enrol(world, token)
    assert (caught.value.status, caught.value.field) == (401, "enrolment_token")
    assert devices.authorized(world.aws, first["device_id"], first["device_token"]).pool == "default"


def test_an_expired_enrolment_token_lets_nobody_in(world: World) -> None:
    token = world.enrolment_token(lasts=60)
    world.clock.now += 61

    with pytest.raises(NotAuthorized):
        _enrol(world, token)


@pytest.mark.parametrize("token", ["", "guess", "\ud800"])
def test_a_wrong_enrolment_token_lets_nobody_in(world: World, token: str) -> None:
    with pytest.raises(NotAuthorized):
        _enrol(world, token)


def test_the_pool_is_that_of_the_operators_token(world: World) -> None:
    pool = world.make_pool("enrolled")

    device = world.device(pool)

    assert device.authorized().pool == pool


def test_facts_of_any_shape_do_not_use_the_token_up_for_nothing(world: World) -> None:
    facts = {"load": 0.5, "empty": "", "deep": [[{"a": [1.5, None, "\ud800"]}]]}
    body = {"enrolment_token": world.enrolment_token(), "facts": facts}

    answer = http.enrol(world.aws, json.dumps(body))
    device = devices.authorized(world.aws, answer["device_id"], answer["device_token"])

    assert http.start_device(world.aws, device, json.dumps({"facts": facts}))["run"] == 1


@pytest.mark.parametrize("token", ["guess", "", None])
def test_a_device_with_a_wrong_token_is_refused(world: World, token: str | None) -> None:
    device = world.device()

    with pytest.raises(NotAuthorized):
        devices.authorized(world.aws, device.device_id, token)


def test_an_enrolment_row_is_no_device(world: World) -> None:
    token = world.enrolment_token()

    with pytest.raises(NotAuthorized):
        devices.authorized(world.aws, f"enrolment#{tokens.hash_token(token)}", token)


def test_the_start_of_a_run_tells_all_that_an_agent_needs(world: World) -> None:
    answer = world.device().start()

    assert answer["run"] == 2
    assert answer["queues"]["pool"].endswith("-sessions-default")
    assert answer["settings"]["prefix"] == world.aws.settings.prefix
    assert answer["settings"]["heartbeat_interval"] < world.aws.settings.device_lost_after / 2


def test_what_a_device_queue_cannot_deliver_goes_to_the_dead_letters(world: World) -> None:
    device = world.device()

    answer = world.aws.sqs.get_queue_attributes(QueueUrl=device.queue_url, AttributeNames=["RedrivePolicy"])

    policy = json.loads(answer["Attributes"]["RedrivePolicy"])
    assert policy["deadLetterTargetArn"].endswith(":longwire-test-dead-letters")


def test_credentials_are_temporary(world: World) -> None:
    answer = http.device_credentials(world.aws, world.device().authorized())

    assert set(answer) == {"access_key_id", "secret_access_key", "session_token", "expires_at"}
    assert answer["session_token"]


def _policy(aws: Clients, device: devices.Device) -> list[dict[str, object]]:
    statements: list[dict[str, object]] = json.loads(credentials.session_policy(aws, device))["Statement"]
    return statements


def test_the_session_policy_fits_the_limit_for_the_longest_names(world: World) -> None:
    device = world.device().authorized()
    longest = dataclasses.replace(device, pool="p" * 32)
    aws = Clients(dataclasses.replace(world.aws.settings, prefix="x" * 40))

    policy = credentials.session_policy(aws, longest)

    assert len(policy) <= MAX_POLICY_CHARACTERS == 2048


def test_the_session_policy_names_only_what_is_the_devices_own(world: World) -> None:
    device = world.device().authorized()
    statements = _policy(world.aws, device)
    by_action = {action: one for one in statements for action in _listed(one["Action"])}

    queues = _listed(by_action["sqs:ReceiveMessage"]["Resource"])
    assert [name.rsplit(":", 1)[1] for name in queues] == [
        "longwire-test-sessions-default",
        f"longwire-test-device-{device.device_id}",
    ]
    condition = by_action["dynamodb:PutItem"]["Condition"]
    assert isinstance(condition, dict)
    assert condition["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": [f"{device.device_id}#*"]}
    # ForAllValues is true of a request without keys, such as a scan: that has to be ruled out by itself.
    assert condition["Null"] == {"dynamodb:LeadingKeys": "false"}
    assert by_action["dynamodb:PutItem"]["Resource"] == "arn:aws:dynamodb:*:*:table/longwire-test-iopub"
    bucket = world.aws.settings.payload_bucket
    assert by_action["s3:PutObject"]["Resource"] == f"arn:aws:s3:::{bucket}/{device.device_id}/*"
    assert set(by_action) == {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "s3:PutObject",
        "s3:GetObject",
        "execute-api:ManageConnections",
    }


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
