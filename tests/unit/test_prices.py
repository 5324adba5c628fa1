"""From counted requests to dollars: tiers, units, and the lines of a bill."""

import pytest

from bench.price import standing, tables
from bench.price.bills import CLASS, readers
from bench.price.prices import PRICES, Price, dollars, flat
from bench.price.quotas import MINUTE, first_met
from bench.price.scenes import Scene
from bench.price.usage import AWS_CALL_SECONDS, CORE_MB, lines, memory_mb, usage

TIERED = Price("thing", ((100, 1.0), (300, 0.5), (float("inf"), 0.1)), "", "")


@pytest.mark.parametrize(
    ("units", "paid"), [(0, 0), (1, 1), (100, 100), (101, 100.5), (300, 200), (310, 201), (1300, 300)]
)
def test_each_tier_bills_its_own_part(units: float, paid: float) -> None:
    assert TIERED.dollars(units) == pytest.approx(paid)


def test_a_price_without_tiers_is_the_same_for_all() -> None:
    assert flat("thing", 0.25, "", "").dollars(1e9) == pytest.approx(0.25e9)


@pytest.mark.parametrize("name", PRICES)
def test_tiers_rise_and_get_cheaper_to_an_endless_last_one(name: str) -> None:
    ends, each = zip(*PRICES[name].tiers, strict=True)
    assert list(ends) == sorted(ends)
    assert ends[-1] == float("inf")
    assert list(each) == sorted(each, reverse=True)
    assert PRICES[name].source


def test_a_month_is_billed_by_all_its_prices() -> None:
    assert dollars({"websocket messages": 2e9, "table writes": 1e6}) == pytest.approx(1000 + 800 + 0.625)


COUNTS = {
    "gateway/rest.POST /devices/{device_id}/sessions/{session_id}/take": 2.0,
    "gateway/rest.GET /permalinks/{permalink_id}": 1.0,
    "gateway/websocket.in": 3.0,
    "gateway/websocket.out": 4.0,
    "gateway/bytes.out": 1024.0,
    "gateway/bytes.rest": 0.0,
    "gateway/lambda.api_handler": 3.0,
    "gateway/lambda.websocket_message": 3.0,
    "router/requests/dynamodb.PutItem": 1.0,
    "router/units/dynamodb.PutItem": 5.0,
    "agent/requests/dynamodb.PutItem": 2.0,
    "agent/units/dynamodb.PutItem": 2.0,
    "router/requests/dynamodb.GetItem": 1.0,
    "router/units/dynamodb.GetItem": 0.5,
    "router/requests/sqs.SendMessage": 1.0,
    "router/units/sqs.SendMessage": 2.0,
    "agent/requests/sqs.ReceiveMessage": 1.0,
    "agent/units/sqs.ReceiveMessage": 2.0,
    "agent/requests/apigatewaymanagementapi.PostToConnection": 4.0,
    "agent/units/apigatewaymanagementapi.PostToConnection": 4.0,
    "cpu_seconds": 0.010,
    "connection minutes": 2.0,
}


def test_every_counted_request_is_in_one_line_and_its_units_are_what_is_billed() -> None:
    found = {line.price: line for line in lines(COUNTS)}

    assert (found["websocket messages"].units, found["connection minutes"].units) == (7, 2)
    assert found["REST requests"].counted == {"take": 2, "GET /permalinks/{permalink_id}": 1}
    assert found["function calls"].units == 6
    assert (found["table writes"].counted, found["table writes"].units) == ({"PutItem": 3}, 7)
    assert (found["table reads"].units, found["queue requests"].units) == (0.5, 4)
    assert "payload writes" not in found


def test_a_function_pays_its_cpu_as_of_one_core_and_its_waits_by_its_memory() -> None:
    [seconds] = [line.units for line in lines(COUNTS) if line.price == "function GB-seconds"]

    waits = 3 * AWS_CALL_SECONDS * memory_mb() / 1024
    assert seconds == pytest.approx(0.010 * CORE_MB / 1024 + waits)


def test_an_agents_own_work_costs_no_function() -> None:
    assert "function GB-seconds" not in usage({"agent/requests/dynamodb.PutItem": 1.0, "cpu_seconds": 1.0})


def test_a_scene_is_made_of_what_was_counted() -> None:
    counted = {"a": {"x": 1.0, "y": 2.0}, "b": {"x": 10.0}}
    assert Scene("", "", {"a": 2, "b": 1}, 60).counts(counted) == {"connection minutes": 60, "x": 12, "y": 4}


@pytest.mark.parametrize(
    ("sum_", "text"), [(1234.5, "$1,234"), (12.345, "$12.35"), (0.1, "$0.10"), (0.0123, "$0.012")]
)
def test_money_is_shown_with_the_digits_that_count(sum_: float, text: str) -> None:
    assert tables.money(sum_) == text


def test_a_block_is_renewed_in_its_place_and_a_missing_one_is_told() -> None:
    text = "a\n<!-- one -->\nold\n<!-- end -->\nb <!-- end -->"
    assert tables.renewed(text, {"one": "new"}) == "a\n<!-- one -->\nnew\n<!-- end -->\nb <!-- end -->"
    with pytest.raises(LookupError):
        tables.renewed(text, {"two": ""})


def test_what_stands_is_counted_from_the_template_and_grows_with_readers_alone() -> None:
    nobody, somebody = standing.usage({}, 0), standing.usage(COUNTS, 1000)
    assert standing.alarm_metrics() > 10
    assert standing.own_metrics() > 5
    for name in ("alarm metrics", "own metrics", "dashboards"):
        assert nobody[name] == somebody[name] > 0
    for name in ("edge requests", "edge GB out", "access log GB", "recoverable GB-months"):
        assert nobody[name] == 0 < somebody[name]


def test_the_first_quota_is_the_one_that_is_used_up_most() -> None:
    visit = {"gateway/rest.GET /x": 1.0, "gateway/lambda.websocket_connect": 100.0}
    parts = {**{name: {} for name in readers(1).of_readers()}, "run with a slider": visit, MINUTE: {}}
    first = first_met(parts, readers(1_000_000))
    assert first["name"] == "new websockets a second"
    # Twice a visit, four times the average at the busiest hour.
    assert first["share"] == pytest.approx(100 * 2 * 1_000_000 / 86_400 * 4 / 500)
    assert first_met(parts, CLASS)["share"] < first["share"]
