"""Cells that are kept under their hash, and what is too large for a websocket."""

import json
import urllib.parse
from typing import Any

import pytest

from chalicelib import payloads, permalinks
from chalicelib.errors import InvalidMessage, PermalinkNotFound
from chalicelib.messages import make
from tests.contract.world import World, output


@pytest.mark.parametrize(
    "cell",
    [
        {"code": "1 + 1"},
        {"code": "", "language": "python", "state": {}},
        {"code": "é😀", "state": {"f": {"x": 0.5, "n": 3, "on": True, "text": "", "none": None}}},
        {"code": "x", "state": {"deep": [[[{"a": [1e-300, 2**60]}]]]}},
    ],
)
def test_a_stored_cell_is_loaded_as_it_was(world: World, cell: dict[str, Any]) -> None:
    stored = permalinks.load(world.aws, permalinks.store(world.aws, dict(cell)))

    assert stored == {"language": "python", "state": {}, **cell}
    # Types, too: a slider's index 3 must not come back as 3.0.
    assert json.dumps(stored, sort_keys=True) == json.dumps(
        {"language": "python", "state": {}, **cell}, sort_keys=True
    )


def test_the_same_cell_has_the_same_id_and_another_one_another(world: World) -> None:
    one = permalinks.store(world.aws, {"code": "1", "state": {"x": 1}, "language": "python"})

    assert permalinks.store(world.aws, {"language": "python", "state": {"x": 1}, "code": "1"}) == one
    assert permalinks.store(world.aws, {"code": "2", "state": {"x": 1}}) != one


@pytest.mark.parametrize(
    ("cell", "field"),
    [([], "body"), ({}, "body"), ({"code": 1}, "code"), ({"code": "1", "more": 1}, "body")],
)
def test_a_cell_of_the_wrong_shape_is_refused_by_field(world: World, cell: Any, field: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        permalinks.store(world.aws, cell)

    assert caught.value.field == field


def test_an_unknown_id_is_not_found(world: World) -> None:
    with pytest.raises(PermalinkNotFound):
        permalinks.load(world.aws, "0" * 32)


def _large(world: World, session_key: str) -> Any:
    message = make("display_data", "iopub", {"data": {"text/plain": "é" * 60_000}})
    body = payloads.body(message)
    stored = payloads.store(world.aws, session_key, message, body)
    return message, body, stored


def test_a_large_message_travels_as_a_link_to_its_content(world: World) -> None:
    message, body, stored = _large(world, "device#session")

    linked = payloads.link(world.aws, "device#session", stored)

    payload = linked["metadata"]["payload"]
    url = urllib.parse.urlsplit(payload["url"])
    bucket, _, key = url.path.lstrip("/").partition("/")
    content = world.aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert json.loads(content) == {"content": message["content"], "buffers": []}
    assert payload["size"] == len(content) == len(body.encode())
    assert (linked["content"], linked["buffers"]) == ({}, [])
    assert linked["header"] == message["header"]
    assert "Expires" in url.query


def test_a_link_reaches_only_payloads_of_its_own_session(world: World) -> None:
    _, _, stored = _large(world, "device#one")

    url = payloads.link(world.aws, "device#two", stored)["metadata"]["payload"]["url"]

    path = urllib.parse.urlsplit(url).path
    assert path.startswith("/longwire-test-payloads/device/two/")
    with pytest.raises(world.aws.s3.exceptions.NoSuchKey):
        bucket, _, key = path.lstrip("/").partition("/")
        world.aws.s3.get_object(Bucket=bucket, Key=key)


def test_a_message_without_payload_is_left_as_it_is(world: World) -> None:
    message = output(1, "small")

    assert payloads.link(world.aws, "device#session", message) is message
