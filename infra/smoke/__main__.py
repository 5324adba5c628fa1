"""`python -m infra.smoke URL`: checks a deployment from outside, a line for each check.

Exits with 0 when nothing failed, 1 when something did, 2 when there is no deployment to be checked.
"""

import argparse
import asyncio
import sys

from infra.smoke.checking import all_found, summary
from infra.smoke.checks import CHECKS
from infra.smoke.errors import SmokeError
from infra.smoke.target import Target, found_at


def say(text: str) -> None:
    """Print one line at once, even into a pipe."""
    print(text, flush=True)


def _target(options: argparse.Namespace) -> Target:
    if not (options.api or options.websocket):
        return found_at(options.url)
    if not (options.api and options.websocket):
        raise SmokeError("--api and --websocket must be given both")
    return Target(options.api.rstrip("/"), options.websocket, options.url)


def main(arguments: list[str] | None = None) -> None:
    """Check, and exit with what came of it."""
    parser = argparse.ArgumentParser(prog="python -m infra.smoke", description=__doc__)
    parser.add_argument("url", nargs="?", metavar="URL", help="the address of the page")
    parser.add_argument("--api", help="the address of the API, where no page tells it")
    parser.add_argument("--websocket", help="the address of the websocket, where no page tells it")
    options = parser.parse_args(arguments)
    if not (options.url or options.api):
        parser.error("URL: the address of the page, as https://…")
    try:
        target = _target(options)
        findings = asyncio.run(all_found(CHECKS, target, say))
    except SmokeError as error:
        print(f"smoke: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    say(summary(findings))
    raise SystemExit(any(finding.mark == "FAIL" for finding in findings))


if __name__ == "__main__":
    main()
