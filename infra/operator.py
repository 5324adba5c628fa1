"""`python -m infra.operator`: lets devices and programs in and out, says what pools ask, what stays shared.

On AWS with the operator's own credentials and LONGWIRE_PREFIX (the stack's name); with --local on the stack
that `make run` has started on this machine.
"""

import argparse
import json
import os
import re
import sys
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import api_keys, devices, enrolment, live, permalinks, pools, queues, quotas, reports
from chalicelib.clients import Clients
from chalicelib.enrolment import Enrolment
from chalicelib.errors import PermalinkNotFound
from chalicelib.identity import Identity, anonymous
from chalicelib.settings import Settings
from infra import recovery, revocation
from infra.deploy.place import own_session
from infra.local import operating
from infra.local.errors import LocalStackError

_STATE = Path(__file__).resolve().parents[1] / ".local" / "state"
_NAME = re.compile("^[a-z0-9-]{1,32}$")


class OperatorError(Exception):
    """What was asked for cannot be done; its text says why."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.operator", description=__doc__)
    parser.add_argument(
        "--local", nargs="?", const=_STATE, type=Path, metavar="STATE",
        help="work on the stack that runs on this machine",
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    token = commands.add_parser("enrolment-token", help="print a token with which devices can enrol")
    token.add_argument("--pool", type=_name, default="default", help="the pool that they join")
    token.add_argument("--label", action="append", default=[], type=_name, help="a label that they get")
    token.add_argument("--uses", type=int, default=1, help="how many devices may use it (1)")
    token.add_argument("--hours", type=float, default=1.0, help="how long it is good for (1)")
    token.set_defaults(act=_enrolment_token)

    pool = commands.add_parser("pool", help="make a pool, or say what it asks of its devices")
    acts = pool.add_subparsers(dest="action", required=True, metavar="set|show")
    setting = acts.add_parser("set", help="make the pool if there is none, and set what is given")
    setting.add_argument("name", type=_name)
    setting.add_argument("--sandbox", choices=["none", "rootless", "full"], help="weakest level that will do")
    setting.add_argument("--network", nargs="*", metavar="HOST", help="hosts that sessions may reach")
    setting.add_argument("--preload", nargs="*", metavar="MODULE", help="modules that kernels have imported")
    setting.set_defaults(act=_pool_set)
    showing = acts.add_parser("show", help="print what the pool asks")
    showing.add_argument("name", type=_name)
    showing.set_defaults(act=_pool_show)

    listing = commands.add_parser("devices", help="list the devices")
    listing.add_argument("action", choices=["list"])
    listing.add_argument("--json", action="store_true", help="all that is known of them, a JSON line each")
    listing.set_defaults(act=_devices_list)

    device = commands.add_parser("device", help="revoke a device")
    device.add_argument("action", choices=["revoke"])
    device.add_argument("device_id")
    device.add_argument("--reason", default="by the operator", help="told to whoever runs it")
    device.set_defaults(act=_device_revoke)

    key = commands.add_parser("api-key", help="issue or revoke a key for programs that use POST /service")
    acts = key.add_subparsers(dest="action", required=True, metavar="issue|revoke")
    issuing = acts.add_parser("issue", help="print a fresh key, which lifts the limit per address")
    issuing.add_argument("name", help="who it is for")
    issuing.add_argument("--days", type=float, help="how long it is good for (until it is revoked)")
    issuing.set_defaults(act=_key_issue)
    revoking = acts.add_parser("revoke", help="let a key be good no more")
    revoking.add_argument("key_id", help="the key's id: what stands between `longwire-key-` and the next `-`")
    revoking.set_defaults(act=_key_revoke)
    using = commands.add_parser("usage", help="see what somebody has used of his quotas, or forget it")
    using.add_argument("action", choices=["show", "reset"])
    using.add_argument("identity", help="an address, or key#ID, or person#HASH as the logs have it")
    using.set_defaults(act=_usage)
    _permalink_commands(commands.add_parser("permalink", help="see what readers reported, and act on it"))
    return parser


def _permalink_commands(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(
        dest="action", required=True, metavar="reported|show|take-down|restore|dismiss|recover"
    )
    reported = acts.add_parser("reported", help="list the reported cells, a JSON line each")
    reported.set_defaults(act=_permalinks_reported)
    recovering = acts.add_parser("recover", help="bring lost and damaged cells back, as they were")
    recovering.add_argument(
        "--at", type=datetime.fromisoformat, metavar="TIME",
        help="when all was well, as 2026-11-24T19:30:00+00:00 (the latest that there is)",
    )  # fmt: skip
    recovering.add_argument("--drill", action="store_true", help="only say what would be done")
    recovering.set_defaults(act=_permalinks_recover)
    taking_down = acts.add_parser("take-down", help="serve a cell no more, nor store it again")
    taking_down.add_argument("--reason", required=True, help="told to whoever opens the link")
    for one, act in (
        (acts.add_parser("show", help="print a cell, taken down or not"), _permalink_show),
        (taking_down, _permalink_take_down),
        (acts.add_parser("restore", help="serve it again"), _permalink_restore),
        (acts.add_parser("dismiss", help="forget what was reported of it"), _permalink_dismiss),
    ):
        one.add_argument("permalink_id", metavar="ID", help="what stands after `?c=` in the link")
        one.set_defaults(act=act)


def _name(text: str) -> str:
    if not _NAME.match(text):
        raise argparse.ArgumentTypeError(f"{text!r}: small letters, digits and '-', at most 32")
    return text


def _enrolment_token(aws: Clients, options: argparse.Namespace) -> None:
    if options.uses < 1 or options.hours <= 0:
        raise OperatorError("--uses and --hours must be more than 0")
    if not pools.exists(aws, options.pool):
        raise OperatorError(f"there is no pool {options.pool}: `pool set {options.pool}` makes it")
    given = Enrolment(options.pool, tuple(options.label))
    print(enrolment.issue(aws, given, options.uses, options.hours * 3600))


def _pool_set(aws: Clients, options: argparse.Namespace) -> None:
    if not pools.exists(aws, options.name):
        queues.make_pool_queue(aws, options.name)
    chosen = {name: getattr(options, name) for name in ("sandbox", "network", "preload")}
    given = {name: value for name, value in chosen.items() if value is not None}
    pools.set_policy(aws, options.name, pools.policy(aws, options.name) | given)
    _pool_show(aws, options)


def _pool_show(aws: Clients, options: argparse.Namespace) -> None:
    if not pools.exists(aws, options.name):
        raise OperatorError(f"there is no pool {options.name}")
    print(json.dumps(pools.policy(aws, options.name)))


def _devices_list(aws: Clients, options: argparse.Namespace) -> None:
    for row in sorted(devices.listed(aws), key=lambda row: (row["pool"], row["device_id"])):
        print(json.dumps(row) if options.json else _in_words(row))


def _in_words(row: dict[str, Any]) -> str:
    since = time.strftime("%Y-%m-%d %H:%M", time.gmtime(row.get("since", 0)))
    load = json.loads(row.get("load", "{}"))
    columns = (
        row["device_id"],
        row["pool"],
        ",".join(row.get("labels", [])) or "-",
        f"{row['state']} since {since} ({row.get('reason', '')})",
        f"version {row.get('version') or '?'}",
        f"sandbox {row.get('sandbox') or '?'}",
        f"{load.get('sessions', 0)}/{load.get('capacity', '?')} sessions",
    )
    return "  ".join(columns)


def _device_revoke(aws: Clients, options: argparse.Namespace) -> None:
    if not aws.settings.connections_url:
        raise OperatorError(
            "LONGWIRE_CONNECTIONS_URL must be https://… of the stack's websocket: who watches is told"
        )
    if not revocation.revoke(aws, options.device_id, options.reason):
        raise OperatorError(f"there is no device {options.device_id}")
    print(
        f"{options.device_id} is revoked: its sessions are given up, its queue is gone, and AWS refuses its"
        " credentials within a minute or so"
    )


def _key_issue(aws: Clients, options: argparse.Namespace) -> None:
    if options.days is not None and options.days <= 0:
        raise OperatorError("--days must be more than 0")
    print(api_keys.issue(aws, options.name, None if options.days is None else options.days * 24 * 3600))


def _key_revoke(aws: Clients, options: argparse.Namespace) -> None:
    if not api_keys.revoke(aws, options.key_id):
        raise OperatorError(f"there is no API key {options.key_id}")
    print(f"{options.key_id} is revoked")


def _usage(aws: Clients, options: argparse.Namespace) -> None:
    who = Identity(options.identity) if "#" in options.identity else anonymous(options.identity)
    if options.action == "reset":
        quotas.forget(aws, who)
        print(f"what {who.name} has used is forgotten")
        return
    used = quotas.used(aws, who)
    counted = {"runs_this_minute": used.runs, "compute_seconds_this_hour": used.seconds}
    print(json.dumps({"identity": who.name, "live_sessions": len(live.held(aws, who)), **counted}))


def _permalinks_reported(aws: Clients, _options: argparse.Namespace) -> None:
    for one in reports.listed(aws):
        print(json.dumps(asdict(one)))


def _permalink_show(aws: Clients, options: argparse.Namespace) -> None:
    row = permalinks.found(aws, options.permalink_id)
    # As ASCII: what strangers wrote must not steer the operator's terminal.
    print(json.dumps({**row, "cell": json.loads(row["cell"])}, indent=2))


def _permalink_take_down(aws: Clients, options: argparse.Namespace) -> None:
    permalinks.take_down(aws, options.permalink_id, options.reason)
    reports.dismiss(aws, options.permalink_id)
    print(f"{options.permalink_id} is taken down: whoever opens it is told why")


def _permalink_restore(aws: Clients, options: argparse.Namespace) -> None:
    permalinks.restore(aws, options.permalink_id)
    print(f"{options.permalink_id} is served again")


def _permalink_dismiss(aws: Clients, options: argparse.Namespace) -> None:
    reports.dismiss(aws, options.permalink_id)
    print(f"what was reported of {options.permalink_id} is forgotten")


def _permalinks_recover(aws: Clients, options: argparse.Namespace) -> None:
    print("a copy of the table is made, which takes AWS minutes", flush=True)
    with recovery.copied(aws, options.at) as copy:
        found = recovery.compare(aws, copy, options.drill)
    done = "would be" if options.drill else "were"
    print(
        f"the copy had {found.rows} cells: {found.missing} were lost and {found.damaged} damaged, and {done}"
        " brought back; takedowns are as they were"
    )


def main(arguments: list[str] | None = None) -> None:
    """Do one thing and exit; 1 with words when it cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        if options.local:
            os.environ.update(operating.environment(options.local))
        if not os.environ.get("LONGWIRE_PREFIX"):
            raise OperatorError("LONGWIRE_PREFIX must be the name of the stack on AWS (or give --local)")
        # IAM among them, which no function uses: chalicelib/aws_session.py does not know it.
        options.act(Clients(Settings.from_environment(), own_session), options)
    except (OperatorError, LocalStackError, PermalinkNotFound, ClientError, BotoCoreError) as error:
        print(f"operator: {error}", file=sys.stderr)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
