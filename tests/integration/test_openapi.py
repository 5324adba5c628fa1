"""Whatever the running service is asked, be it as described or not, it answers as it is described."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chalicelib import openapi
from tests.conftest import LiveStack

described = schemathesis.openapi.from_dict(openapi.document())
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@described.parametrize()
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: schemathesis.Case, live: LiveStack) -> None:
    if (
        case.path == "/service"
        and isinstance(case.body, dict)
        and case.body.get("timeout", 25) in range(2, 26)
    ):
        case.body["timeout"] = 1
    case.call_and_validate(base_url=live.api, checks=CHECKS)
