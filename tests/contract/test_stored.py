"""What is too large for a websocket, and is kept apart."""

import json
import urllib.parse
from typing import Any

import pytest

from chalicelib import payloads
from chalicelib.messages import make
from tests.contract.world import World, output


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
    assert path.startswith(f"/{world.aws.settings.payload_bucket}/device/two/")
    with pytest.raises(world.aws.s3.exceptions.NoSuchKey):
        bucket, _, key = path.lstrip("/").partition("/")
        world.aws.s3.get_object(Bucket=bucket, Key=key)


def test_a_message_without_payload_is_left_as_it_is(world: World) -> None:
    message = output(1, "small")

    assert payloads.link(world.aws, "device#session", message) is message
