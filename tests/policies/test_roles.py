"""What an intruder gets who has taken a function, or an EC2 device's machine."""

import pytest

from tests.policies.documents import role
from tests.policies.evaluator import Caller
from tests.policies.judging import gained
from tests.policies.roles import ROLES


@pytest.mark.parametrize("logical_id", ROLES)
def test_a_role_does_its_work_and_nothing_else(logical_id: str) -> None:
    caller, tried = Caller(role(logical_id), "session"), ROLES[logical_id]
    assert gained(caller, (*tried.may, *tried.may_not)) == {one.what for one in tried.may}
