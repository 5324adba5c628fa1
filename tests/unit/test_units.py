"""What AWS bills requests as: rounded up to units, at every threshold."""

from typing import Any

import pytest

from chalicelib import units


@pytest.mark.parametrize(
    ("size", "parts"), [(0, 1), (1, 1), (1023, 1), (1024, 1), (1025, 2), (2048, 2), (2049, 3)]
)
def test_a_part_that_is_not_full_counts_and_nothing_is_one(size: int, parts: int) -> None:
    assert units.parts(size, 1024) == parts


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"S": ""}, 0),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "1234"}, 3),
        ({"N": "-1234"}, 4),
        ({"N": "1200"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"1234"}, 4),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": [{"S": "ab"}, {"N": "7"}]}, 3 + 3 + 3),
        ({"M": {"a": {"S": "bc"}}}, 3 + 3 + 1),
    ],
)
def test_an_item_has_the_bytes_of_its_names_and_values(value: dict[str, Any], size: int) -> None:
    assert units.item_bytes({"name": value}) == 4 + size


def item(size: int) -> dict[str, Any]:
    """An item of so many bytes."""
    return {"a": {"S": "x" * (size - 1)}}


@pytest.mark.parametrize(("size", "billed"), [(10, 1), (1024, 1), (1025, 2), (256 * 1024, 256)])
def test_a_write_costs_a_unit_for_each_kilobyte(size: int, billed: int) -> None:
    assert units.of("PutItem", {"Item": item(size)}, {}) == billed


def test_a_write_costs_what_it_replaces_where_that_is_larger() -> None:
    assert units.of("PutItem", {"Item": item(10)}, {"Attributes": item(3000)}) == 3


def test_a_refused_write_costs_what_it_met() -> None:
    assert units.of("PutItem", {"Item": item(5000)}, {"Error": {}, "Item": item(1500)}) == 2
    assert units.of("PutItem", {"Item": item(5000)}, {"Error": {}}) == 1


@pytest.mark.parametrize(("size", "newest", "billed"), [
    (0, True, 1), (4096, True, 1), (4097, True, 2), (0, False, 0.5), (4097, False, 1)
])  # fmt: skip
def test_a_read_costs_a_unit_for_four_kilobytes_and_half_of_it_where_it_may_be_late(
    size: int, newest: bool, billed: float
) -> None:
    answer = {"Item": item(size)} if size else {}
    assert units.of("GetItem", {"ConsistentRead": newest}, answer) == billed


def test_a_batch_bills_each_row_by_itself_and_one_that_is_not_there_as_a_small_one() -> None:
    request = {"RequestItems": {"t": {"Keys": [{}, {}, {}], "ConsistentRead": True}}}
    answer = {"Responses": {"t": [item(10), item(5000)]}}
    assert units.of("BatchGetItem", request, answer) == 1 + 2 + 1


def test_a_query_bills_all_its_rows_together() -> None:
    rows = [item(1000) for _ in range(5)]
    assert units.of("Query", {"ConsistentRead": True}, {"Items": rows}) == 2
    assert units.of("Query", {}, {"Items": []}) == 0.5


def test_a_scan_bills_what_its_filter_left_out() -> None:
    assert units.of("Scan", {}, {"Items": [], "ScannedCount": 1000}) == 250 * 0.5


def test_a_session_that_changes_its_device_is_written_to_the_index_too() -> None:
    claimed = {"ExpressionAttributeNames": {"#d": "device_id"}, "UpdateExpression": "SET #d = :d"}
    ended = {"ExpressionAttributeNames": {"#s": "status"}, "UpdateExpression": "SET #s = :s REMOVE device_id"}
    running = {"ExpressionAttributeNames": {"#s": "status"}, "UpdateExpression": "SET #s = :s"}
    answer = {"Attributes": item(600)}
    assert [units.of("UpdateItem", request, answer) for request in (claimed, ended, running)] == [2, 2, 1]
    assert units.of("UpdateItem", claimed, {"Error": {}}) == 1


@pytest.mark.parametrize(("size", "billed"), [(1, 1), (65_536, 1), (65_537, 2), (262_144, 4)])
def test_a_queue_message_is_a_request_for_each_64_kilobytes(size: int, billed: int) -> None:
    assert units.of("SendMessage", {"MessageBody": "x" * size}, {}) == billed
    assert units.of("ReceiveMessage", {}, {"Messages": [{"Body": "x" * size}]}) == billed


def test_an_empty_receive_is_billed_too() -> None:
    assert units.of("ReceiveMessage", {}, {}) == 1


@pytest.mark.parametrize(("size", "billed"), [(0, 1), (32_768, 1), (32_769, 2), (131_072, 4)])
def test_a_post_is_a_message_for_each_32_kilobytes(size: int, billed: int) -> None:
    assert units.of("PostToConnection", {"Data": b"x" * size}, {}) == billed


def test_what_is_not_known_is_one() -> None:
    assert units.of("AssumeRole", {}, {}) == 1
