"""`longwire-agent status`: how the agent is, whether it runs or not."""

import argparse
import dataclasses
import json
import time

from device_agent import control, identity, status
from device_agent.commands.options import Options
from device_agent.commands.options import settings as settings_of
from device_agent.errors import NotRunning
from device_agent.status import Status, ago

HELP = "print how the agent is; exit code 0: it serves, 1: it runs but does not serve, 10: it does not run"
_FRESH = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(options: Options) -> int:
    settings = settings_of(options)
    try:
        now = Status.of(next(iter(control.ask(settings.state_dir, {"command": "status"}))))
        code = 0 if _serves(now) else 1
    except (NotRunning, StopIteration):
        now, code = _of_the_last(status.last(settings.state_dir)), NotRunning.exit_code
    device = identity.load(settings.state_dir)
    if device and not now.device_id:
        now = dataclasses.replace(
            now, device_id=device.device_id, pool=device.pool, labels=device.labels, api_url=device.api_url
        )
    print(json.dumps(dataclasses.asdict(now)) if options.get("json") else in_words(now))
    return code


def _serves(now: Status) -> bool:
    return now.state == "online" and time.time() - now.heartbeat_at < _FRESH


def _of_the_last(last: Status) -> Status:
    """What the last agent wrote; one that could not write its end was killed."""
    if last.state == "stopped":
        return last
    return dataclasses.replace(last, state="stopped", reason=f"it was killed while {last.state}", sessions=0)


def in_words(now: Status) -> str:
    """One line for each thing, for people."""
    labels = f", labels {', '.join(now.labels)}" if now.labels else ""
    device = f"{now.device_id} in pool {now.pool or '?'}{labels}" if now.device_id else "not enrolled"
    lines = {
        "state": f"{now.state}{f' ({now.reason})' if now.reason else ''}, {ago(now.since)}",
        "device": device,
        "service": now.api_url or "none",
        "version": now.version,
        "sandbox": now.sandbox + (": nothing keeps sessions from this host" if now.sandbox == "none" else ""),
        "sessions": f"{now.sessions} of {now.capacity}",
        "load": f"{now.cpu} per core, {now.free_memory_mb} MB of memory free",
        "heartbeat": ago(now.heartbeat_at) + (f", since then: {now.trouble}" if now.trouble else ""),
    }
    if abs(now.skew) > 2:
        lines["clock"] = f"{abs(now.skew):.0f} s {'ahead of' if now.skew > 0 else 'behind'} the service's"
    return "\n".join(f"{name:<10} {text or '?'}" for name, text in lines.items())
