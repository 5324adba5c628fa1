"""Where the time of a slider change goes, hop by hop, from the log lines of router and agent."""

import asyncio
import json
import re
import statistics
import tempfile
import time
from pathlib import Path

from tests.conftest import live_stack
from tests.integration.client import Client, change, idle_of, type_of

CHANGES = 100
CODE = "@interact\ndef f(n=slider(1, 1000, step=1)):\n    print(n)"
HOPS = (
    "change sent by the browser",
    "router has it",
    "router has written it and rung",
    "device has it (an SQS poll wakes), kernel gets it",
    "kernel's first message",
    "kernel's idle: all leaves",
    "first output in the browser's websocket",
)
Times = dict[str, dict[str, float]]
AGENT_LINE = re.compile(r'"message": "hop (\w+) (\w+) ([\d.]+)"')


async def _drive(websocket: str) -> Times:
    times: Times = {}
    async with await Client.connect(websocket) as client:
        await client.run(CODE)
        for state in range(2, CHANGES + 2):
            client.received.clear()
            message = change("f", state, n=state % 1000 + 1)
            began = time.time()
            await client.send(message)
            await client.until(lambda message: type_of(message) == "stream")
            times[message["header"]["msg_id"]] = {"sent": began, "shown": time.time()}
            await client.until(idle_of(message))
    return times


def _add_router(log: str, times: Times) -> None:
    for line in log.splitlines():
        if '"hop"' not in line:
            continue
        entry = json.loads(line)
        if (msg_id := entry.get("correlation_id")) in times:
            times[msg_id].setdefault(entry["hop"], float(entry["at"]))


def _add_agent(log: str, times: Times) -> None:
    for hop, msg_id, at in AGENT_LINE.findall(log):
        if msg_id in times:
            times[msg_id].setdefault(hop, float(at))


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        state = Path(directory) / "state"
        debug = {"LOG_LEVEL": "DEBUG"}
        with live_stack(state, app_env=debug, agent_env=debug) as stack:
            times = asyncio.run(_drive(stack.websocket))
        _add_router((state.parent / "log" / "gateway.log").read_text(), times)
        _add_agent((state.parent / "log" / "agent.log").read_text(), times)
    keys = ("sent", "received", "routed", "taken", "began", "idle", "shown")
    whole = [found for found in times.values() if all(key in found for key in keys)]
    print(f"{len(whole)} changes with all hops; medians, ms since the change and since the hop before:")
    before = 0.0
    for key, name in zip(keys, HOPS, strict=True):
        since = statistics.median((found[key] - found["sent"]) * 1000 for found in whole)
        print(f"{name:<45} {since:7.1f}  +{since - before:5.1f}")
        before = since
