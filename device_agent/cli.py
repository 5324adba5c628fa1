"""The command line: `longwire-agent run`."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

from device_agent.agent import Agent
from device_agent.errors import AgentError
from device_agent.settings import AgentSettings

_THREADS = 48


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="longwire-agent", description="Runs Longwire sessions on this host."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="take sessions from the pool until stopped (SIGTERM drains)")
    run.add_argument(
        "--sandbox",
        choices=["none"],
        required=True,
        help="how sessions are kept from this host; there is only 'none' yet, to be asked for by name",
    )
    run.add_argument("--capacity", type=int, help="sessions at the same time (20)")
    run.add_argument("--warm-kernels", type=int, help="kernels kept ready (1)")
    run.add_argument("--drain-timeout", type=float, help="seconds for what runs when stopped (10)")
    return parser


async def _run(settings: AgentSettings) -> None:
    loop = asyncio.get_running_loop()
    # Every AWS call and long poll takes a thread for as long as it lasts.
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="aws"))
    agent = Agent(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    await agent.run()


def main(arguments: list[str] | None = None) -> None:
    """Parse, run, and exit with the status of what went wrong, told in words."""
    options = vars(_parser().parse_args(arguments))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("device_agent").setLevel(os.environ.get("LOG_LEVEL", "INFO"))
    chosen = {name: options[name] for name in ("capacity", "warm_kernels", "drain_timeout")}
    status = 0
    try:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_run(AgentSettings.read(os.environ, chosen)))
    except AgentError as error:
        print(f"longwire-agent: {error}", file=sys.stderr)
        status = error.exit_code
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
    # A long poll may still hold a thread for up to 20 s; nothing is left that it could do.
    os._exit(status)


if __name__ == "__main__":
    main()
