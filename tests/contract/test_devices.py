"""How a device is let in, and how little it may do then."""

import json

import pytest

from chalicelib import devices, http, queues, tokens
from chalicelib.errors import Busy, NotAuthorized
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


def test_an_enrolment_that_came_to_nothing_does_not_use_the_token_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = world.enrolment_token()

    def fails(*_: object) -> None:
        raise Busy("the queue does not keep up")

    with monkeypatch.context() as patch:
        patch.setattr(queues, "make_device_queue", fails)
        with pytest.raises(Busy):
            _enrol(world, token)

    assert _enrol(world, token)["pool"] == "default"
    with pytest.raises(NotAuthorized):
        _enrol(world, token)


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
    assert policy["deadLetterTargetArn"].endswith(":longwire-contract-dead-letters")


def test_credentials_are_temporary(world: World) -> None:
    answer = http.device_credentials(world.aws, world.device().authorized())

    assert set(answer) == {"access_key_id", "secret_access_key", "session_token", "expires_at"}
    assert answer["session_token"]
