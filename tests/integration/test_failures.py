"""What a reader sees when parts of the system die."""

import asyncio
import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

from infra.local.stack import Options
from tests.conftest import LiveStack, live_stack
from tests.integration.client import Client, execute, idle_of, type_of

SLEEPER = "import time\nprint('go', flush=True)\ntime.sleep(300)"


def agent_pids(guard: int) -> list[int]:
    """The processes of the agent itself below its guard."""
    listing = subprocess.run(
        ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()[1:]]
    return [int(pid) for pid, parent, args in rows if int(parent) == guard and "device_agent.cli" in args]


async def test_a_reader_is_told_when_the_device_is_killed_in_mid_run(fresh: LiveStack) -> None:
    async with await Client.connect(fresh.websocket) as client:
        await client.hello()
        await client.send(execute(SLEEPER))
        await client.until(lambda m: type_of(m) == "stream")
        for pid in agent_pids(fresh.stack.pid_of("agent")):
            os.kill(pid, signal.SIGKILL)
        end = await client.until(lambda m: type_of(m) == "computation_end", 40)
        assert end["content"]["content"]["reason"] == "device_lost"
        assert end["sequence"] == client.sequences[-2] + 1
    # The stack starts the device again, and the next session runs on it.
    async with await Client.connect(fresh.websocket) as client:
        await client.run("print('back')", 40)
        assert client.text() == "back\n"


async def test_a_watcher_that_says_hello_finds_the_death_of_a_device(tmp_path: Path) -> None:
    with live_stack(tmp_path / "state") as stack:
        async with await Client.connect(stack.websocket) as client:
            await client.hello()
            await client.send(execute(SLEEPER))
            await client.until(lambda m: type_of(m) == "stream")
            guard = stack.stack.pid_of("agent")
            os.killpg(guard, signal.SIGKILL)
            async with asyncio.timeout(50):
                while True:
                    answer = await client.hello(client.session, client.token, after=client.sequences[-1])
                    if answer["content"]["session_status"] == "lost":
                        break
                    await asyncio.sleep(1)
            end = client.of_type("computation_end")
            assert [m["content"]["content"]["reason"] for m in end] == ["device_lost"]


async def test_a_device_told_to_stop_finishes_what_runs(fresh: LiveStack) -> None:
    async with await Client.connect(fresh.websocket) as client:
        sent = await client.send(
            execute("import time\nprint('go', flush=True)\ntime.sleep(1)\nprint('done')")
        )
        await client.until(lambda m: type_of(m) == "stream")
        for pid in agent_pids(fresh.stack.pid_of("agent")):
            os.kill(pid, signal.SIGTERM)
        await client.until(idle_of(sent))
        assert client.text() == "go\ndone\n"
        end = await client.until(lambda m: type_of(m) == "computation_end")
        assert end["content"]["content"]["reason"] in ("finished", "draining")


async def test_a_backlog_is_served_whole_by_a_device_with_one_place(tmp_path: Path) -> None:
    command = (*Options.agent_command, "--capacity=1")
    with live_stack(tmp_path / "state", agent_command=command) as stack:
        clients = [await Client.connect(stack.websocket) for _ in range(9)]
        sent = [await client.send(execute("1")) for client in clients]
        async with asyncio.timeout(55):
            for client, message in zip(clients, sent, strict=True):
                await client.until(idle_of(message), 55)
        for client in clients:
            await client.close()


def test_what_was_stored_survives_a_restart_of_the_stack(tmp_path: Path) -> None:
    with live_stack(tmp_path / "state", is_agent_on=False) as stack:
        body, headers = json.dumps({"code": "print(1)"}).encode(), {"Content-Type": "application/json"}
        sent = urllib.request.Request(stack.api + "/permalinks", body, headers)
        with urllib.request.urlopen(sent, timeout=10) as answer:
            permalink = json.load(answer)["id"]
    with live_stack(tmp_path / "state", is_agent_on=False) as stack:
        answer = urllib.request.urlopen(f"{stack.api}/permalinks/{permalink}", timeout=10)
        assert json.load(answer)["code"] == "print(1)"
        answer.close()
