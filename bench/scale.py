"""How AWS calls, rows and the hottest partition grow with the number of sessions: they do not.

`python -m bench.scale` drives the router's own functions against moto, in this process, with 10, 100, 1,000
and 10,000 sessions, writes bench/results/scale.json and renews the table of docs/scaling.md. It fails if
anything grows. Of 10,000 sessions all are there and every tenth is driven; `--all` drives each.
"""

import contextlib
import io
import json
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any
from unittest import mock

from moto.backends import get_backend

from bench.partitions import Partitions
from bench.price import tables
from bench.price.tables import amount
from chalicelib import connections, iopub
from infra.local.aws import ACCOUNT_ID, REGION
from infra.local.storage import dynamodb, faster
from tests.contract import cloud as clouds
from tests.contract.cloud import Cloud
from tests.contract.world import Browser, Clock, Device, World, output

RESULTS = Path(__file__).resolve().parent / "results" / "scale.json"
SIZES = (10, 100, 1_000, 10_000)
SESSIONS_PER_DEVICE = 10
MOST_DRIVEN = 1_000
CHANGES = 3
BATCH = 25
"""Rows that one BatchWriteItem takes."""

Record = dict[str, Any]
Calls = tuple[tuple[str, int], ...]


@dataclass
class Watched:
    """What each kind of message has asked of AWS: every combination that was seen, and how often.

    `addresses`: of readers; each has a quota.
    """

    world: World
    addresses: Iterator[IPv4Address] = field(default_factory=lambda: IPv4Network("10.0.0.0/8").hosts())
    seen: dict[str, Counter[Calls]] = field(default_factory=dict)

    def count(self, kind: str, act: Callable[[], object]) -> None:
        before = self.world.calls.copy()
        act()
        calls = tuple(sorted((self.world.calls - before).items()))
        self.seen.setdefault(kind, Counter())[calls] += 1


def drive(world: World, device: Device, watched: Watched) -> Browser:
    """The life of a session with a slider, up to when it is at rest."""
    browser = world.browser(str(next(watched.addresses)))
    watched.count("a session is begun", browser.run)
    session = browser.session
    watched.count("a device claims it", lambda: device.claim(session, take=True))
    for state in range(CHANGES + 1):
        if state:
            # At the first, the router learns which session the connection has, and remembers it.
            kind = "a slider's change" if state > 1 else "a slider's first change"
            watched.count(kind, lambda: browser.change(state, n=state))  # noqa: B023
        block = "interact#f" if state else "exec#000001"
        slot = iopub.Slot(block, 0, (output(state + 1),))
        watched.count("output, one watcher", lambda: _flush(device, browser, slot))  # noqa: B023
    watched.count("a look at what waits", lambda: device.take(session, "shell", states={"f": CHANGES}))
    watched.count("a hello", browser.hello)
    watched.count("a heartbeat", device.heartbeat)
    return browser


def _flush(device: Device, browser: Browser, slot: iopub.Slot) -> None:
    """To the buffer and to who watches, as the device's outbox does it."""
    iopub.put(device.aws, device.key(browser.session), device.epochs[browser.session], slot)
    connections.post(device.aws, browser.connection_id, list(slot.messages))


def simulate(cloud: Cloud, sessions: int, driven: int) -> Record:
    """:param driven: how many of them are driven; the others have the same rows under other names."""
    with _quiet_clock() as clock, cloud.world(clock) as world:
        scans = world.calls["Scan"]
        first = world.device()
        model = drive(world, first, Watched(world))  # which asks once for the addresses of the queues, too
        _copy(world, first, model, sessions - driven - 1 if sessions > driven else 0)
        # To enrol a device asks for its pool's row, which all devices share: once in its life.
        devices = [world.device() for _ in range(driven // SESSIONS_PER_DEVICE)]
        watched, partitions = Watched(world), Partitions(world.aws.dynamodb)
        for device in devices:
            device.heartbeat()  # by the world's clock, one that only waited for its turn would be lost
            for _ in range(SESSIONS_PER_DEVICE):
                drive(world, device, watched)
        partitions.forget()
        there = driven + 1 if sessions == driven else sessions
        rows = {name: round(count / there, 2) for name, count in _rows("session_id", "session_key")}
    (table, _), heat = partitions.hottest()
    asked = sum(partitions.requests.values())
    return {
        "sessions": sessions,
        "driven": driven,
        "calls": {kind: [dict(calls) for calls in seen] for kind, seen in watched.seen.items()},
        "rows": rows,
        "scans": world.calls["Scan"] - scans,
        "hottest": {
            "table": table.removeprefix(f"{clouds.PREFIX}-"),
            "requests": heat,
            "share of all": heat / (asked / driven * sessions),
            "share of its device's": heat / (asked / driven * SESSIONS_PER_DEVICE),
        },
    }


def _copy(world: World, device: Device, browser: Browser, count: int) -> None:
    """Rows like a driven session's and its device's, under other names, for so many sessions."""
    names = (browser.session, browser.connection_id, device.device_id)
    model = [(table, json.dumps(row)) for table, row in _stored() if any(name in str(row) for name in names)]
    requests: list[tuple[str, Any]] = []
    for number in range(count):
        if number % SESSIONS_PER_DEVICE == 0:
            host = uuid.uuid4().hex
        fresh = (uuid.uuid4().hex, uuid.uuid4().hex, host)
        for table, text in model:
            if table.endswith("-devices") and number % SESSIONS_PER_DEVICE:
                continue
            for old, new in zip(names, fresh, strict=True):
                text = text.replace(old, new)
            requests.append((table, {"PutRequest": {"Item": json.loads(text)}}))
    for start in range(0, len(requests), BATCH):
        batch: dict[str, list[Any]] = {}
        for table, request in requests[start : start + BATCH]:
            batch.setdefault(table, []).append(request)
        world.aws.dynamodb.batch_write_item(RequestItems=batch)  # type: ignore[arg-type]


def _stored() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of every table, as it was written, from inside moto."""
    for name, table in get_backend("dynamodb")[ACCOUNT_ID][REGION].tables.items():
        for item in table.all_items():
            yield name, {key: value.to_regular_json() for key, value in item.attrs.items()}


def _rows(*keys: str) -> list[tuple[str, int]]:
    """How many rows the tables have whose partitions are sessions'."""
    tables_ = get_backend("dynamodb")[ACCOUNT_ID][REGION].tables
    return [
        (name.removeprefix(f"{clouds.PREFIX}-"), sum(1 for _ in table.all_items()))
        for name, table in tables_.items()
        if table.hash_key_attr in keys
    ]


@contextlib.contextmanager
def _quiet_clock() -> Iterator[Clock]:
    """The router's time, as in the contract tests; and none of the lines that it logs."""
    clock = Clock()
    with contextlib.ExitStack() as patched:
        for module in clouds.TIMED:
            patched.enter_context(mock.patch.object(module, "time", clock))
        patched.enter_context(contextlib.redirect_stdout(io.StringIO()))
        yield clock


def growth(runs: list[Record]) -> list[str]:
    """What is not as it was with the fewest sessions, in words; nothing if all is well."""
    least = runs[0]
    grown = [f"{run['sessions']} sessions: {run['scans']} scans" for run in runs if run["scans"]]
    for run in runs:
        for kind, calls in run["calls"].items():
            if calls != least["calls"][kind] or len(calls) != 1:
                grown.append(f"{run['sessions']} sessions: {kind} takes {calls}, not {least['calls'][kind]}")
        if run["rows"] != least["rows"]:
            grown.append(f"{run['sessions']} sessions have {run['rows']} rows each, not {least['rows']}")
        if run["hottest"]["requests"] != least["hottest"]["requests"]:
            grown.append(f"{run['sessions']} sessions: the hottest partition is {run['hottest']}")
    return grown


def blocks(known: Record) -> dict[str, str]:
    """The document's tables."""
    runs = known["runs"]
    head = ("", *(f"{run['sessions']:,} sessions" for run in runs))
    rows = [
        (f"AWS calls: {kind}", *(amount(sum(run["calls"][kind][0].values())) for run in runs))
        for kind in runs[0]["calls"]
    ]
    rows.append(("rows of a session, all tables", *(amount(sum(run["rows"].values())) for run in runs)))
    rows.append(("scans", *(amount(run["scans"]) for run in runs)))
    rows.append(
        (
            f"requests of the hottest partition ({runs[0]['hottest']['table']})",
            *(amount(run["hottest"]["requests"]) for run in runs),
        ),
    )
    for share in ("share of its device's", "share of all"):
        found = (f"{100 * run['hottest'][share]:.3g} %" for run in runs)
        rows.append((f"its {share} requests", *found))
    return {"scale": tables.table(head, rows)}


def main() -> None:
    most = max(SIZES) if "--all" in sys.argv[1:] else MOST_DRIVEN
    faster.apply()
    dynamodb.apply()
    runs = []
    with clouds.opened() as cloud:
        for sessions in SIZES:
            runs.append(simulate(cloud, sessions, min(sessions, most)))
            print(f"{sessions:,} sessions were there", file=sys.stderr)
    known = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "runs": runs}
    print(blocks(known)["scale"])
    if grown := growth(runs):
        sys.exit("\n".join(grown))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known, indent=1) + "\n")
    tables.renew(tables.DOCUMENT, blocks(known))


if __name__ == "__main__":
    main()
