"""The REST side of the gateway."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession

from infra.local.gateway import Gateway
from infra.local.gateway.schedule import rate_seconds

from . import echo_app
from .conftest import MakeGateway, until

JSON = {"Content-Type": "application/json"}


async def fetch(url: str, method: str = "GET", **options: Any) -> tuple[int, Any, Any]:
    """Return status, headers and the JSON (or text) of an answer."""
    async with ClientSession() as session, session.request(method, url, **options) as answer:
        text = await answer.text()
    return answer.status, answer.headers, json.loads(text) if text.startswith("{") else text


async def test_a_route_gets_path_query_and_body(gateway: Gateway) -> None:
    status, headers, body = await fetch(
        f"{gateway.url}/echo/a%20b?x=1&y=2", "POST", data="hällo", headers=JSON
    )
    assert status == 200
    assert (body["name"], body["query"], body["body"]) == ("a b", {"x": "1", "y": "2"}, "hällo")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["x-amzn-RequestId"]
    assert 28_000 < body["left"] <= 29_000


async def test_a_literal_part_wins_over_a_parameter(gateway: Gateway) -> None:
    assert (await fetch(f"{gateway.url}/echo/literal"))[2] == "literal"


async def test_status_and_headers_are_the_functions(gateway: Gateway) -> None:
    status, headers, body = await fetch(f"{gateway.url}/made")
    assert (status, headers["X-Own"]) == (201, "yes")
    assert "made" in str(body)


@pytest.mark.parametrize(("path", "method"), [("/nothing", "GET"), ("/made", "DELETE"), ("", "GET")])
async def test_what_does_not_exist_is_forbidden(gateway: Gateway, path: str, method: str) -> None:
    status, headers, body = await fetch(gateway.url + path, method)
    assert (status, body) == (403, {"message": "Missing Authentication Token"})
    assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


async def test_preflight_is_answered_by_the_gateway(gateway: Gateway) -> None:
    status, headers, _ = await fetch(f"{gateway.url}/echo/x", "OPTIONS")
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert set(headers["Access-Control-Allow-Methods"].split(",")) == {"GET", "POST", "OPTIONS"}
    assert (await fetch(f"{gateway.url}/made", "OPTIONS"))[0] == 403


async def test_a_crash_shows_no_details(gateway: Gateway) -> None:
    status, _, body = await fetch(f"{gateway.url}/crash")
    assert status == 500
    assert "secret" not in str(body)


async def test_a_slow_function_times_out(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(integration_seconds=0.2)
    status, _, body = await fetch(f"{gateway.url}/hang")
    assert (status, body) == (504, {"message": "Endpoint request timed out"})


@pytest.mark.parametrize(
    ("limits", "size"), [({"rest_payload_bytes": 1000}, 1001), ({"lambda_payload_bytes": 1000}, 1001)]
)
async def test_a_request_that_is_too_large(
    make_gateway: MakeGateway, limits: dict[str, int], size: int
) -> None:
    gateway = await make_gateway(**limits)
    status, _, body = await fetch(f"{gateway.url}/echo/x", "POST", data=b"x" * size)
    assert (status, body) == (413, {"message": "Request Too Long"})


async def test_the_real_limits_let_five_megabytes_through(gateway: Gateway) -> None:
    status, _, body = await fetch(f"{gateway.url}/echo/x", "POST", data=b"x" * 5_000_000, headers=JSON)
    assert (status, body["length"]) == (200, 5_000_000)
    assert (await fetch(f"{gateway.url}/echo/x", "POST", data=b"x" * 7_000_000))[0] == 413


async def test_an_answer_that_is_too_large_is_a_bad_gateway(gateway: Gateway) -> None:
    assert (await fetch(f"{gateway.url}/big?size=5000000"))[0] == 200
    assert (await fetch(f"{gateway.url}/big?size=7000000"))[0] == 502


async def test_too_many_requests_are_throttled(make_gateway: MakeGateway) -> None:
    gateway = await make_gateway(is_throttling=True, requests_per_second=0.001, request_burst=1)
    assert (await fetch(f"{gateway.url}/made"))[0] == 201
    status, _, body = await fetch(f"{gateway.url}/made")
    assert (status, body) == (429, {"message": "Too Many Requests"})


async def test_requests_at_the_same_time_are_kept_apart(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(fetch(f"{gateway.url}/echo/n{n}?pause=0.02") for n in range(60)))
    for n, (_, _, body) in enumerate(answers):
        assert body["name"] == body["still"] == f"n{n}"
    assert len({body["request_id"] for _, _, body in answers}) == 60


async def test_scheduled_functions_are_invoked(make_gateway: MakeGateway) -> None:
    await make_gateway(schedule_seconds=0.05)
    await until(lambda: len(echo_app.ticks) >= 2)
    assert echo_app.ticks[0] == "Scheduled Event"


def test_rates() -> None:
    assert rate_seconds("rate(1 minute)") == 60
    assert rate_seconds("rate(5 hours)") == 18_000
    assert rate_seconds("cron(0 10 * * ? *)") is None
