"""Cold starts of each function, beside one of bare boto3 and chalice; what the package holds and loads.

`python -m bench cold` writes bench/results/cold.json and renews its tables in docs/scaling.md. Needs the
environment of `.setup/emulated`, which like Lambda's has boto3 and nothing that is Longwire's.
"""

import json
import re
import statistics
import subprocess
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import live
from bench.price import tables
from infra import package
from infra.emulated.emulator import PYTHON
from infra.local.gateway import events
from tests.integration.client import request

RESULTS = Path(__file__).resolve().parent / "results" / "cold.json"
PROCESS = Path(__file__).resolve().parent / "cold_process.py"
ROUNDS = 11
NEVER = 1e9
BARE = "bare boto3 and chalice"
BARE_CODE = """
import boto3
from chalice import Chalice

app = Chalice("bare")
dynamodb = boto3.client("dynamodb")


def handle(event, context):
    dynamodb.get_item(TableName="longwire-local-devices", Key={"device_id": {"S": "nobody"}})
"""
Figures = dict[str, dict[str, float]]
Record = dict[str, Any]


@dataclass(frozen=True)
class Function:
    """What Lambda calls, and two events for it."""

    name: str
    module: str
    handler: str
    events: tuple[events.Event, events.Event]


def functions() -> list[Function]:
    """In an order in which each event means something: the connection that greets is there, and goes."""
    api = events.Api()
    peers = [events.Peer(f"cold{number}=", "127.0.0.1", "bench", [], []) for number in (1, 2)]
    hello = json.dumps(request("hello", "control", {"session": None}))
    asked = events.RestRequest(
        "POST", "/sessions", "/sessions", "/api/sessions", {},
        [("Content-Type", "application/json"), ("Host", "bench")], [], "127.0.0.1", "{}", False,
    )  # fmt: skip

    def twice(module: str, handler: str, made: Iterable[events.Event], name: str = "") -> Function:
        first, second = made
        return Function(name or handler, module, handler, (first, second))

    return [
        twice("bare", "handle", ({}, {}), BARE),
        twice("app", "connect", (events.connect_event(api, peer) for peer in peers)),
        twice("app", "message", (events.message_event(api, peer, hello) for peer in peers), "message: hello"),
        twice("app", "disconnect", (events.disconnect_event(api, peer, 1000, "") for peer in peers)),
        twice("app", "app", (events.rest_event(api, asked) for _ in peers), "api: a session is made"),
        twice("app", "sweep", (events.scheduled_event("sweep") for _ in peers)),
    ]


def measured(folders: Mapping[str, Path], environment: Mapping[str, str]) -> dict[str, dict[str, Figures]]:
    """By folder and function, the medians of as many processes as there are rounds; all take turns."""
    found: dict[str, dict[str, list[Figures]]] = {name: {} for name in folders}
    for _ in range(ROUNDS):
        for name, folder in folders.items():
            for function in functions():
                found[name].setdefault(function.name, []).append(_once(function, folder, environment))
    return {
        name: {function: _medians(runs) for function, runs in of_folder.items()}
        for name, of_folder in found.items()
    }


def _once(function: Function, folder: Path, environment: Mapping[str, str]) -> Figures:
    order = {"module": function.module, "handler": function.handler, "events": function.events}
    done = subprocess.run(
        [PYTHON, PROCESS], cwd=folder, env=dict(environment), input=json.dumps(order),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _medians(runs: list[Figures]) -> Figures:
    return {
        when: {unit: round(statistics.median(run[when][unit] for run in runs), 1) for unit in runs[0][when]}
        for when in runs[0]
    }


def imported(folder: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """Milliseconds by library, of what `import app` loads; a module's least of some processes."""
    least: dict[str, int] = {}
    for _ in range(ROUNDS):
        done = subprocess.run(
            [PYTHON, "-X", "importtime", "-c", "import app"],
            cwd=folder, env=dict(environment), capture_output=True, text=True, check=True,
        )  # fmt: skip
        for own, module in re.findall(r"import time: +(\d+) \| +\d+ \| +(\S+)", done.stderr):
            least[module] = min(int(own), least.get(module, int(own)))
    sums: Counter[str] = Counter()
    for module, own in least.items():
        sums[_library(module.partition(".")[0], folder)] += own
    return {name: round(own / 1000, 1) for name, own in sums.most_common()}


def _library(top: str, folder: Path) -> str:
    if top in ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six"):
        return "boto3, of Lambda's runtime"
    if top == "app":
        return "app, which makes the AWS clients"
    is_ours = (folder / top).exists() or (folder / f"{top}.py").exists()
    return top if is_ours else "Python's standard library"


def sizes(archive: Path) -> dict[str, dict[str, int]]:
    """Bytes in the zip and outside it by library; `bytecode` is what of the latter need not be compiled."""
    found: dict[str, Counter[str]] = {}
    with zipfile.ZipFile(archive) as zipped:
        for entry in zipped.infolist():
            name = re.match(r"(?:__pycache__/)?(\w+)", entry.filename)
            assert name, entry.filename
            of_library = found.setdefault(name[1], Counter())
            of_library["zipped"] += entry.compress_size
            of_library["unzipped"] += entry.file_size
            of_library["bytecode"] += entry.file_size if entry.filename.endswith(".pyc") else 0
    return {name: dict(found[name]) for name in sorted(found, key=lambda name: -found[name]["unzipped"])}


def record() -> Record:
    """Build the package and measure it."""
    with (
        tempfile.TemporaryDirectory() as directory,
        live.stack(is_agent_on=False, schedule_seconds=NEVER) as stack,
    ):
        built = Path(directory)
        package.build(target=built)
        archive = built / "deployment.zip"
        folders = {"as packaged": built / "whole", "without bytecode": built / "bare"}
        for folder in folders.values():
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(folder)
            (folder / "bare.py").write_text(BARE_CODE)
        for path in folders["without bytecode"].rglob("*.pyc"):
            path.unlink()
        environment = {
            **stack.stack.env_for_app(), "AWS_LAMBDA_FUNCTION_NAME": "bench", "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "rounds": ROUNDS,
            "starts": measured(folders, environment),
            "imports": imported(folders["as packaged"], environment),
            "sizes": sizes(archive),
        }


def blocks(known: Record) -> dict[str, str]:
    """The document's tables."""
    return {
        "cold: starts": (
            f"Measured on {known['at'][:10]}, {known['rounds']} processes of each.\n\n{start_table(known)}"
        ),
        "cold: imports": tables.table(
            ("of `import app`", "ms"), [(name, f"{ms:g}") for name, ms in known["imports"].items()]
        ),
        "cold: sizes": size_table(known),
    }


def start_table(known: Record) -> str:
    whole, plain = known["starts"]["as packaged"], known["starts"]["without bytecode"]
    bare = _cold(whole[BARE])
    rows = [
        (
            name,
            *(f"{figures[when]['cpu_ms']:.0f}" for when in ("load", "first", "second")),
            f"{_cold(figures):.0f}",
            f"{_cold(figures) / bare:.2f}",
            f"{_cold(figures) / _cold(plain[name]):.2f}",
        )
        for name, figures in whole.items()
    ]
    head = (
        "ms of a core",
        "loaded",
        "first event",
        "second",
        "loaded and first",
        "of the bare one's",
        "of its own without bytecode",
    )
    return tables.table(head, rows)  # fmt: skip


def _cold(figures: Figures) -> float:
    return figures["load"]["cpu_ms"] + figures["first"]["cpu_ms"]


def size_table(known: Record) -> str:
    kinds = ("zipped", "unzipped", "bytecode")
    rows = [(name, *(f"{of[kind] / 1000:,.0f}" for kind in kinds)) for name, of in known["sizes"].items()]
    sums = (f"**{sum(of[kind] for of in known['sizes'].values()) / 1000:,.0f}**" for kind in kinds)
    return tables.table(("KB", "in the zip", "unzipped", "of it bytecode"), [*rows, ("**all**", *sums)])


def main() -> None:
    known = record()
    RESULTS.write_text(json.dumps(known, indent=1) + "\n")
    tables.renew(tables.DOCUMENT, blocks(known))
    for block in blocks(known).values():
        print(f"{block}\n")


if __name__ == "__main__":
    main()
