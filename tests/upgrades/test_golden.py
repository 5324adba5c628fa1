"""What every released agent that is still served asked, today's functions answer as those of its time did."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import iopub
from chalicelib.items import to_item
from tests.contract.api import Api
from tests.contract.conftest import api, clock, cloud, world
from tests.contract.world import World
from tests.upgrades import GOLDEN

__all__ = ["api", "clock", "cloud", "world"]

AGENTS = sorted(GOLDEN.glob("agent-*.json"))


@pytest.fixture(params=AGENTS, ids=lambda path: path.stem)
def agent(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What an agent asked, heard and wrote in one session."""
    path: Path = request.param
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def lacks(answer: Any, needed: Any, where: str) -> Iterator[str]:
    """What of an answer that an agent was given once is not there now, or is of another kind."""
    if isinstance(needed, dict) and isinstance(answer, dict):
        for name in needed:
            yield from lacks(answer.get(name), needed[name], f"{where}.{name}")
    elif isinstance(needed, list) and isinstance(answer, list):
        if needed and answer:
            yield from lacks(answer[0], needed[0], f"{where}[0]")
    elif needed is not None and type(answer) is not type(needed):
        yield where


def asked(exchanges: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (one for one in exchanges if "path" in one)


def test_it_is_answered_what_it_needs(api: Api, world: World, agent: dict[str, Any]) -> None:
    browser = world.browser()
    browser.run()
    known = {"session_id": browser.session, "device_id": "", "token": None}
    missing = []
    for one in asked(agent["exchanges"]):
        body = one["body"]
        if body and "enrolment_token" in body:
            body = {**body, "enrolment_token": world.enrolment_token()}
        status, answer = api(one["method"], one["path"].format(**known), body, known["token"])
        assert status < 300, (one["path"], answer)
        missing += lacks(answer, one["answer"], one["path"])
        if "device_token" in answer:
            known |= {"device_id": answer["device_id"], "token": answer["device_token"]}
    assert missing == []
    assert {one["path"].rsplit("/", 1)[1] for one in asked(agent["exchanges"])} == {
        "claim", "credentials", "devices", "end", "heartbeat", "start", "take",
    }  # fmt: skip


def test_it_hears_the_bells_that_it_knows(world: World, agent: dict[str, Any]) -> None:
    device, browser = world.device(), world.browser()
    browser.run()
    [pools] = world.pool_rings()
    device.claim(browser.session)
    device.take(browser.session)
    browser.change(2, n=5)
    [devices] = device.rings()

    needed = {one["bell"]: one["body"] for one in agent["exchanges"] if "bell" in one}

    assert list(lacks(pools, needed["pool"], "pool")) == []
    assert list(lacks(devices, needed["device"], "device")) == []


def test_what_it_has_written_is_shown(world: World, agent: dict[str, Any]) -> None:
    table = world.aws.settings.table("iopub")
    for row in agent["rows"]:
        later = {"expires_at": int(world.clock.time()) + 3600}
        world.aws.dynamodb.put_item(TableName=table, Item=to_item({**row, **later}))

    found = iopub.replay(world.aws, agent["rows"][0]["session_key"], 0)

    shown = {message["header"]["msg_id"]: message for message in agent["shown"]}
    assert found.ended
    assert found.sequence == agent["shown"][-1]["sequence"]
    assert all(shown[message["header"]["msg_id"]] == message for message in found.messages)
    assert "n is 5\n" in {message["content"].get("text") for message in found.messages}
