"""AWS requests by type: a new session, a slider change, an output message, a minute of idling."""

import asyncio
import sys
import time
from collections import Counter

from bench import live
from bench.counting_proxy import CountingProxy
from infra.local.stack import Options
from tests.conftest import LiveStack
from tests.integration.client import Client, change, idle_of

CODE = "@interact\ndef f(n=slider(1, 1000, step=1)):\n    print(n)"
MANY = 50
IDLE_SECONDS = 60
REPEATS = 5


class Counted:
    """A stack all of whose AWS calls pass counting proxies."""

    def __init__(self) -> None:
        self.proxies = {name: CountingProxy() for name in ("storage", "queues", "gateway")}
        environment = {
            "AWS_ENDPOINT_URL_DYNAMODB": self.proxies["storage"].url,
            "AWS_ENDPOINT_URL_S3": self.proxies["storage"].url,
            "AWS_ENDPOINT_URL_STS": self.proxies["storage"].url,
            "AWS_ENDPOINT_URL_SQS": self.proxies["queues"].url,
        }
        gateway = f"{self.proxies['gateway'].url}/api"
        self.options = {
            "app_env": {**environment, "LONGWIRE_CONNECTIONS_URL": gateway},
            "agent_env": {**environment, "LONGWIRE_API_URL": gateway},
            "agent_command": (*Options.agent_command, "--capacity", str(MANY + 10), "--warm-kernels", "0"),
        }

    def aim(self, stack: LiveStack) -> None:
        self.proxies["storage"].target = stack.stack.endpoints.storage
        self.proxies["queues"].target = stack.stack.endpoints.queues
        self.proxies["gateway"].target = stack.url

    def take(self) -> Counter[str]:
        """What was counted since the last call."""
        total: Counter[str] = Counter()
        for proxy in self.proxies.values():
            total += proxy.counts
            proxy.counts = Counter()
        return total

    async def quiet(self) -> None:
        """Wait until what was begun is over: nothing but long polls and heartbeats for a second."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 1:
            count = sum(sum(proxy.counts.values()) for proxy in self.proxies.values())
            if count != last:
                last, since = count, time.monotonic()
            await asyncio.sleep(0.05)


# What a heartbeat makes; it belongs to the minute of idling, not to whatever happens to run meanwhile.
HEARTBEAT = ("API.heartbeat", "DynamoDB.GetItem", "DynamoDB.UpdateItem")


def _without_heartbeats(counts: Counter[str]) -> Counter[str]:
    beats = counts["API.heartbeat"]
    return counts - Counter(dict.fromkeys(HEARTBEAT, beats))


def _show(name: str, counts: Counter[str], repeats: int = 1) -> None:
    each = {operation: count / repeats for operation, count in sorted(counts.items())}
    listed = ", ".join(f"{operation} {count:g}" for operation, count in each.items())
    print(f"{name:<34} {sum(each.values()):6.1f}  {listed}")


async def _one_session(counted: Counted, stack: LiveStack, label: str) -> Client:
    client = await Client.connect(stack.websocket)
    await client.hello(idle_timeout=600)
    await counted.quiet()
    counted.take()
    await client.run(CODE, 60)
    await counted.quiet()
    _show(f"new session, first output ({label})", _without_heartbeats(counted.take()))
    for state in range(2, REPEATS + 2):
        await client.until(idle_of(await client.send(change("f", state, n=state))))
        await counted.quiet()
    _show(f"one slider change ({label})", _without_heartbeats(counted.take()), REPEATS)
    return client


async def _measure(counted: Counted, stack: LiveStack) -> None:
    clients = [await _one_session(counted, stack, "1 session")]
    counted.take()
    await asyncio.sleep(IDLE_SECONDS)
    _show("one minute of idling (1 session)", counted.take())
    print(f"starting {MANY - 2} more sessions ...", file=sys.stderr)
    for _ in range(MANY - 2):
        client = await Client.connect(stack.websocket)
        await client.hello(idle_timeout=600)
        await client.run(CODE, 60)
        clients.append(client)
    clients.append(await _one_session(counted, stack, f"{MANY} sessions"))
    counted.take()
    await asyncio.sleep(IDLE_SECONDS)
    _show(f"one minute of idling ({MANY} sessions)", counted.take())
    talker = await Client.connect(stack.websocket)
    await talker.hello(idle_timeout=600)
    await talker.run("import time", 60)
    await counted.quiet()
    counted.take()
    await talker.run("for i in range(10):\n    time.sleep(0.5)\n    print(i, flush=True)", 60)
    await counted.quiet()
    _show("one output message (of 10)", _without_heartbeats(counted.take()), 10)
    for client in [*clients, talker]:
        await client.close()


def main() -> None:
    counted = Counted()
    with live.stack(is_agent_on=False, **counted.options) as stack:
        counted.aim(stack)
        stack.call(stack.stack.start_agent())
        asyncio.run(_measure(counted, stack))
