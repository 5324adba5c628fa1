"""The command line: `longwire run FILE` runs a file on the service and streams what it prints."""

import argparse
import os
import sys
from pathlib import Path

from longwire_client.api import DEFAULT_URL, Longwire
from longwire_client.errors import ServiceError
from longwire_client.session import Session
from longwire_client.terminal import Terminal

FAILED, NOT_SERVED, INTERRUPTED = 1, 2, 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="longwire", description="Runs code on a Longwire service.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run", help="run a file, and stream what it prints",
        description="Exits with 0 when the program ends well, 1 when it raises or is ended, 2 when the"
        " service does not run it, 130 after Ctrl+C.",
    )  # fmt: skip
    run.add_argument("file", metavar="FILE", help="what to run; - reads it from standard input")
    run.add_argument(
        "--url", default=os.environ.get("LONGWIRE_URL") or DEFAULT_URL,
        help=f"the address of the service's API (LONGWIRE_URL, or {DEFAULT_URL})",
    )  # fmt: skip
    run.add_argument("--pool", help="the pool of devices")
    run.add_argument("--kernel", help="the name of the kernel")
    return parser


def _run(options: argparse.Namespace) -> int:
    code = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
    chosen = {"pool": options.pool, "kernel": options.kernel}
    session = Longwire(options.url, os.environ.get("LONGWIRE_API_KEY")).start(
        code, **{name: text for name, text in chosen.items() if text}
    )
    terminal = Terminal(session)
    try:
        return _stream(session, terminal)
    finally:
        if not terminal.has_ended:
            # One that made an interact would wait for somebody to move its controls.
            session.end()


def _stream(session: Session, terminal: Terminal) -> int:
    """Ctrl+C interrupts the program, as it would here; a second one ends the session."""
    is_interrupted = False
    while True:
        try:
            for message in session.messages():
                terminal.show(message)
            break
        except KeyboardInterrupt:
            if is_interrupted:
                return INTERRUPTED
            is_interrupted = True
            session.interrupt()
    if terminal.succeeded:
        return 0
    return INTERRUPTED if is_interrupted else FAILED


def main(arguments: list[str] | None = None) -> None:
    """Run, and exit with what came of it."""
    options = _parser().parse_args(arguments)
    try:
        status = _run(options)
    except (ServiceError, OSError, UnicodeDecodeError) as error:
        print(f"longwire: {error}", file=sys.stderr)
        status = NOT_SERVED
    except KeyboardInterrupt:
        status = INTERRUPTED
    raise SystemExit(status)
