"""What a device's credentials let it do, as IAM would decide: its work, nothing that a hostile host tries."""

import json
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.credentials import MAX_POLICY_CHARACTERS
from infra import revocation
from tests.policies.__main__ import PAGE
from tests.policies.documents import ACCOUNT_ID, DEVICE, SETTINGS, Document, role, session
from tests.policies.evaluator import Caller
from tests.policies.hostile import HOSTILE, OTHER, WORK
from tests.policies.judging import gained, judged
from tests.policies.page import page

NAME = string.ascii_lowercase + string.digits + "-"
MANY = [f"{number:024x}" for number in range(1000)]
REVOKED_AT = datetime.fromisoformat("2026-11-24T12:00:00Z").timestamp()


@pytest.fixture(scope="module")
def device() -> Caller:
    return Caller(role("DeviceRole"), f"device-{DEVICE}", session())


def after(caller: Caller, denial: Document) -> Caller:
    """Who calls, when the role has this policy, too."""
    policies: Mapping[str, Document] = {**caller.role, revocation.POLICY: denial}
    return replace(caller, role=policies)


def test_a_device_may_do_its_work(device: Caller) -> None:
    assert gained(device, WORK) == {one.what for one in WORK}


@pytest.mark.parametrize("theme", HOSTILE)
def test_a_hostile_device_gets_nothing(device: Caller, theme: str) -> None:
    assert gained(device, HOSTILE[theme]) == set()


def test_it_is_the_session_policy_that_keeps_devices_apart(device: Caller) -> None:
    within_role = gained(replace(device, session=None), HOSTILE["Queues"])
    assert within_role > {"hear another device's bells", "take sessions of another pool"}


def test_a_revoked_device_may_do_nothing_and_another_all_of_its_work(device: Caller) -> None:
    denial = revocation.denial([OTHER, DEVICE], REVOKED_AT)
    decisions = judged(after(device, denial), (*WORK, *HOSTILE["Queues"]))
    assert {decision.why for decision in decisions.values()} == {"the role denies it"}
    assert gained(after(device, revocation.denial([OTHER], REVOKED_AT)), WORK) == {one.what for one in WORK}


def test_of_very_many_revoked_devices_none_may_do_anything(device: Caller) -> None:
    earlier = replace(device, issued_at="2026-11-24T11:59:59Z")
    assert gained(after(earlier, revocation.denial([*MANY, DEVICE], REVOKED_AT)), WORK) == set()
    assert gained(after(device, revocation.denial([DEVICE, *MANY], REVOKED_AT)), WORK) == set()


def test_a_device_that_was_not_revoked_goes_on_with_new_credentials(device: Caller) -> None:
    renewed = replace(device, issued_at="2026-11-24T12:00:00Z")
    assert gained(after(renewed, revocation.denial(MANY, REVOKED_AT)), WORK) == {one.what for one in WORK}


def test_the_policies_within_the_role_fit_however_many_are_revoked() -> None:
    longest = [json.dumps(policy) for policy in role("DeviceRole").values()]
    denial = json.dumps(revocation.denial(MANY, REVOKED_AT))
    assert sum(len("".join(text.split())) for text in (*longest, denial)) < 10_240


@settings(max_examples=10, deadline=None)
@example("p" * 32, "x" * 54, ("aws-us-gov", "us-gov-east-1"))
@given(
    st.text(NAME, min_size=1, max_size=32),
    st.text(NAME, min_size=1, max_size=54),
    st.sampled_from([("aws", "ap-southeast-1"), ("aws-cn", "cn-northwest-1")]),
)
def test_the_session_policy_fits_for_the_longest_names_and_names_nothing_but_its_own(
    pool: str, prefix: str, place: tuple[str, str]
) -> None:
    partition, region = place
    names = replace(
        SETTINGS,
        prefix=prefix,
        own_payload_bucket="b" * 63,
        device_role_arn=f"arn:{partition}:iam::{ACCOUNT_ID}:role/{prefix}-device",
    )
    document = session(pool, names, region)

    assert len(json.dumps(document, separators=(",", ":"))) < MAX_POLICY_CHARACTERS * 3 / 4
    resources = [statement["Resource"] for statement in document["Statement"]]
    for arn in [one for listed in resources for one in ([listed] if isinstance(listed, str) else listed)]:
        _, found, service, where, account, rest = arn.split(":", 5)
        assert (found, where, account) == (
            (partition, "", "") if service == "s3" else (partition, region, ACCOUNT_ID)
        )
        assert "*" not in rest.removesuffix("/*")


def test_the_page_says_what_is_decided_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.policies writes it anew"
