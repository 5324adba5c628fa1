"""What a live stack counts: its gateway, the router's and the agent's AWS clients, the log."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from infra.local.aws import DIRECT
from infra.local.gateway.meter import FIGURES_PATH
from tests.conftest import LiveStack

Counts = dict[str, float]
"""By name: `gateway/…` as the gateway has it, `router/` and `agent/` each with `requests/<operation>`,
`units/`, `sent/` and `received/`; `cpu_seconds` of the functions' process, `log_bytes` of the functions."""

_AT_REST = 2.0
_POLLS = "agent/requests/sqs.ReceiveMessage"
_PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Meters:
    """Looks at a stack whose agent shows its figures at `agent_port`, if there is one.

    `found`: what each scenario that was counted took, for one of it.
    """

    stack: LiveStack
    agent_port: int | None = None
    found: dict[str, Counts] = field(default_factory=dict)

    def ready(self) -> None:
        """Wait until the agent has started, so far as it shows that.

        :raises TimeoutError: it does not within a minute.
        """
        for _ in _tries():
            with contextlib.suppress(OSError):
                if _POLLS in self.look():
                    return

    def look(self) -> Counts:
        """All that was counted since the start."""
        figures = json.loads(_read(self.stack.url + FIGURES_PATH))
        counts = {f"gateway/{name}": float(count) for name, count in figures["gateway"].items()}
        for operation, asked in figures["aws"].items():
            counts |= {f"router/{what}/{operation}": float(amount) for what, amount in asked.items()}
        if self.agent_port:
            counts |= _agent(_read(f"http://127.0.0.1:{self.agent_port}/metrics"))
        log = Path(self.stack.stack.options.state).parent / "log" / "gateway.log"
        return {**counts, "cpu_seconds": figures["cpu_seconds"], "log_bytes": log.stat().st_size}

    def at_rest(self) -> Counts:
        """Wait until nothing but empty polls was asked for during two seconds.

        :raises TimeoutError: there is no rest within a minute.
        """
        known, since = self.look(), time.monotonic()
        for _ in _tries():
            counts = self.look()
            if _work(counts) != _work(known):
                since = time.monotonic()
            known = counts
            if time.monotonic() - since > _AT_REST:
                break
        return known

    @contextlib.asynccontextmanager
    async def count(self, name: str, times: float) -> AsyncIterator[None]:
        """Note what is asked for meanwhile, and until it is over, as `times` of the scenario."""
        before = await asyncio.to_thread(self.at_rest)
        yield
        self.note(name, before, await asyncio.to_thread(self.at_rest), times)

    def note(self, name: str, before: Counts, after: Counts, times: float) -> None:
        differences = {key: (count - before.get(key, 0.0)) / times for key, count in after.items()}
        self.found[name] = {key: round(count, 6) for key, count in differences.items() if count > 0}


def _tries() -> Iterator[None]:
    """Look again and again, for a minute.

    :raises TimeoutError: the minute is over.
    """
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        yield
        time.sleep(0.1)
    raise TimeoutError("the stack does not come to rest")


def _read(url: str) -> str:
    with DIRECT.open(url, timeout=10) as answer:
        return str(answer.read().decode())


def _agent(page: str) -> Counts:
    counts: Counts = {}
    for family in text_string_to_metric_families(page):
        if not family.name.startswith("longwire_aws_"):
            continue
        for sample in family.samples:
            labels: dict[str, Any] = sample.labels
            what = labels.get("direction") or family.name.removeprefix("longwire_aws_")
            counts[f"agent/{what}/{labels['operation']}"] = sample.value
    return counts


def _work(counts: Counts) -> float:
    asked = (count for name, count in counts.items() if "/requests/" in name and "ReceiveMessage" not in name)
    return sum(asked) + sum(count for name, count in counts.items() if name.startswith("gateway/"))
