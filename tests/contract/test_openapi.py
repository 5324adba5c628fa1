"""The description of the HTTP routes: complete, valid, and made of what the routes are checked by.

That answers are as described is seen to by every test that uses tests/contract/api.py.
"""

import json

from openapi_spec_validator import validate

import app
from chalicelib import bodies, openapi
from chalicelib.routes import ROUTES
from tests.contract.api import Api


def test_it_names_every_route_that_deploys_and_no_other() -> None:
    deployed = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    described = {
        (method.upper(), path)
        for path, operations in openapi.document()["paths"].items()
        for method in operations
    }

    assert described == deployed == set(ROUTES)


def test_it_is_valid_and_anyone_may_read_it(api: Api) -> None:
    status, document = api("GET", "/openapi.json")

    assert status == 200
    validate(document)


def test_every_operation_has_a_name_of_its_own() -> None:
    operations = [one for path in openapi.document()["paths"].values() for one in path.values()]

    assert len({one["operationId"] for one in operations}) == len(operations) == len(ROUTES)


def test_a_body_is_described_by_the_schema_that_checks_it() -> None:
    described = openapi.document()["paths"]["/service"]["post"]["requestBody"]["content"]

    assert set(described) == {"application/json", "application/x-www-form-urlencoded"}
    for media in described.values():
        assert media["schema"] == bodies.SERVICE.schema


def test_its_patterns_are_those_of_json_schema() -> None:
    assert r"\\Z" not in json.dumps(openapi.document())
