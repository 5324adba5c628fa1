"""`python -m infra.local`: starts all of Longwire on this machine and keeps it until Ctrl+C."""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from device_agent.sandbox.doctor import examine
from device_agent.sandbox.levels import LEVELS, Level
from infra.local.errors import LocalStackError
from infra.local.options import AGENT_COMMAND
from infra.local.stack import ROOT, Options, Stack


def say(text: str) -> None:
    """Print one line of progress at once, even into a pipe."""
    print(text, flush=True)


async def run(options: Options) -> None:
    """Run the stack until SIGINT or SIGTERM. Raises LocalStackError."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    stack = Stack(options, say)
    starting = asyncio.create_task(stack.__aenter__())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            return
        starting.result()
        say(f"Longwire is ready: {stack.url}/  (Ctrl+C stops it)")
        running = asyncio.create_task(stack.run())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
        say("Stopping …")
    finally:
        await stack.stop()


def _sandbox() -> Level:
    """The best level of this machine. Without any, only this machine's own browser can reach the page."""
    report = examine(Path(tempfile.gettempdir()))
    if report.level == "none":
        failed = "; ".join(
            f"{finding.what} {finding.words}" for finding in report.findings if not finding.enforced
        )
        say(f"WARNING: code from the page runs on this machine WITHOUT a sandbox, as you. ({failed})")
    return report.level


def main() -> None:
    """Read the command line, run, and exit with the code of what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="HTTP port; websockets use the next one")
    parser.add_argument(
        "--state", type=Path, default=ROOT / ".local" / "state", help="what survives a restart"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run left in the state")
    parser.add_argument("--web", type=Path, default=ROOT / "web" / "dist", help="the built web page")
    parser.add_argument("--sandbox", choices=LEVELS, help="how sessions are enclosed (the best possible)")
    parser.add_argument(
        "--allow-origin", action="append", default=[], metavar="ORIGIN",
        help="whose pages may hold cells, as http://localhost:8000; may be given again",
    )  # fmt: skip
    parser.add_argument("--no-agent", action="store_true", help="start no device")
    arguments = parser.parse_args()
    options = Options(
        state=arguments.state.resolve(),
        port=arguments.port,
        web=arguments.web.resolve(),
        allow_origins=tuple(arguments.allow_origin),
        is_fresh=arguments.fresh,
        is_agent_on=not arguments.no_agent,
        agent_command=(*AGENT_COMMAND, f"--sandbox={arguments.sandbox or _sandbox()}"),
    )
    try:
        asyncio.run(run(options))
    except LocalStackError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(error.exit_code) from error


if __name__ == "__main__":
    main()
