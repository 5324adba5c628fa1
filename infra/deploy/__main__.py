"""`python -m infra.deploy up|down`: what `make deploy` and `make destroy` run."""

import argparse
import re
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import parameters, place
from infra.deploy.down import PERMALINKS, destroy
from infra.deploy.errors import DeployError
from infra.deploy.up import deploy, newest_wheel

WHEELS = Path(__file__).resolve().parents[2] / "dist"


def _stage(text: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9]{0,15}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r}: a small letter, then small letters and digits, at most 16"
        )
    return text


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="up|down")
    up = commands.add_parser("up", help="make or renew a stage")
    up.add_argument("--parameters", default="", help="NAME=VALUE ..., kept on later deployments")
    down = commands.add_parser("down", help="delete a stage and all that it has")
    down.add_argument("--confirm", default="", help="the stage's name, once more")
    down.add_argument("--keep", default="", choices=["", PERMALINKS], help="what shall stay")
    for command in (up, down):
        command.add_argument("--stage", required=True, type=_stage, help="its name: prod, test, ...")
    return parser


def _up(options: argparse.Namespace) -> None:
    chosen = parameters.parse(options.parameters)
    made = deploy(place.find(options.stage), chosen, newest_wheel(WHEELS), _say)
    url, domain = made.outputs["Url"], made.parameters.get("DomainName")
    _say(f"\npage       {url}/\napi        {url}/api\nwebsocket  wss{url.removeprefix('https')}/ws")
    if domain:
        _say(f"DNS        {domain} must be a CNAME of {made.outputs['DistributionDomain']}")
    _say(f"\nmake smoke URL={url} checks it from outside.")


def _down(options: argparse.Namespace) -> None:
    confirmed = options.confirm
    if not confirmed and sys.stdin.isatty():
        confirmed = input(f"Type {options.stage} to delete that stage and all that it has: ")
    destroy(place.find(options.stage), confirmed, options.keep, _say)


def main() -> int:
    """:returns: the exit code."""
    options = _parser().parse_args()
    try:
        {"up": _up, "down": _down}[options.command](options)
    except (DeployError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
