"""The command line: `longwire-agent COMMAND`. Every error ends it with words and a status of its own."""

import argparse
import contextlib
import os
import sys
import traceback

from device_agent.commands import doctor, drain, enroll, logs, run, status, version
from device_agent.commands.options import add_common
from device_agent.errors import AgentError

COMMANDS = {
    "enroll": enroll,
    "run": run,
    "drain": drain,
    "status": status,
    "doctor": doctor,
    "logs": logs,
    "version": version,
}


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="longwire-agent", description="Runs Longwire sessions on this host.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        add_common(command)
        module.add_arguments(command)
    return whole


def main(arguments: list[str] | None = None) -> None:
    """Parse, run, and exit with the status of what went wrong, told in words."""
    options = vars(parser().parse_args(arguments))
    try:
        code = COMMANDS[options["command"]].run(options)
    except AgentError as error:
        print(f"longwire-agent: {error}", file=sys.stderr)
        code = error.exit_code
    except Exception:
        traceback.print_exc()
        code = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    # A long poll may still hold a thread for up to 20 s; nothing is left that it could do.
    os._exit(code)


if __name__ == "__main__":
    main()
