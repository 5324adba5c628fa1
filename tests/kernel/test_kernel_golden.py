"""The messages of one interact with every control, word for word as docs/protocol.md has them."""

import json
from pathlib import Path
from typing import Any

import pytest
from kernel_driver import Kernel

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOLDEN = json.loads((Path(__file__).parent / "golden" / "every_control.json").read_text())


def told(messages: list[dict[str, Any]]) -> list[Any]:
    return [m["content"] for m in messages if m["msg_type"] == "extension"]


async def test_every_message_is_the_golden_one(kernel: Kernel) -> None:
    outcome = await kernel.run("\n".join(GOLDEN["code"]))
    assert told(outcome.messages) == GOLDEN["start"]
    changed = await kernel.run("", interact=GOLDEN["change"])
    assert told(changed.messages) == GOLDEN["changed"]
    assert changed.text(("every", 2)).splitlines() == GOLDEN["printed"]
    refused = await kernel.run("", interact=GOLDEN["wrong_change"])
    assert told(refused.messages) == GOLDEN["refused"]
    steered = await kernel.run("\n".join(GOLDEN["steering"]))
    assert told(steered.messages) == GOLDEN["steered"]
