"""`python -m tests.upgrades.record`: records what this release's agent asks, hears and writes.

The file is kept for as long as functions shall serve that agent: a release adds one, and takes none away that
it still serves.
"""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from chalicelib import VERSION
from chalicelib.items import from_item
from infra.local.stack import PREFIX, Options, Stack
from tests.integration.client import Client, change, execute, idle_of, type_of
from tests.local.conftest import until
from tests.upgrades import GOLDEN, RECORDING

_SECRETS = ("access_key_id", "device_token", "enrolment_token", "secret_access_key", "session_token")
_FACTS = {"version": VERSION, "python": "3.11.7", "system": "Linux", "cpus": 2, "memory_mb": 8000}
CODE = "@interact\ndef f(n=slider(1, 9)):\n    print('n is', n)\n"


async def recorded(folder: Path) -> dict[str, Any]:
    """One session, from its device's enrolment to its end."""
    lines = folder / "lines"
    options = Options(
        state=folder / "state",
        app="tests.upgrades.recording:app",
        app_env={RECORDING: str(lines), "LONGWIRE_HEARTBEAT_INTERVAL": "1"},
    )
    async with Stack(options) as stack, await Client.connect(stack.websocket_url) as client:
        await client.hello(idle_timeout=2)
        request = await client.send(execute(CODE))
        await client.until(idle_of(request))
        request = await client.send(change("f", 2, n=5))
        await client.until(idle_of(request))
        await client.until(lambda message: type_of(message) == "computation_end", 30)
        await until(lambda: "/end" in lines.read_text())
        rows = stack.client("dynamodb").scan(TableName=f"{PREFIX}-iopub")["Items"]
        return {
            "version": VERSION,
            "session": client.session,
            "exchanges": _first_of_each(map(json.loads, lines.read_text().splitlines())),
            "rows": [from_item(row) for row in rows],
            "shown": [message for message in client.received if "sequence" in message],
        }


def _first_of_each(lines: Any) -> list[dict[str, Any]]:
    """Without those that ask the same, and are answered the same, again and again."""
    kept: dict[str, dict[str, Any]] = {}
    for line in lines:
        line = _neutral(line)
        body = line["body"] or {}
        told = [body.get(name) for name in ("state", "done", "channels")]
        shape = [line.get("path", line.get("bell")), sorted(body), told]
        kept.setdefault(json.dumps(shape), line)
    return list(kept.values())


def _neutral(value: Any) -> Any:
    """Without secrets, though they are good for nothing any more, and without what is this machine's own."""
    if isinstance(value, list):
        return [_neutral(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: "-" if name in _SECRETS else _FACTS if name == "facts" else _neutral(one)
        for name, one in value.items()
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = asyncio.run(recorded(Path(folder)))
    path = GOLDEN / f"agent-{VERSION}.json"
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
