"""`longwire-agent drain`: the running agent finishes what runs, hands back the rest, and ends."""

import argparse
import time

from device_agent import control
from device_agent.commands.options import Options
from device_agent.commands.options import settings as settings_of
from device_agent.errors import AgentError
from device_agent.status import Status

HELP = "have the running agent take no more sessions, finish or hand back those it has, and end"
_MARGIN = 45.0
"""Seconds beyond the drain's own bound for telling the service and closing kernels."""
_ANSWER_WITHIN = 20.0
_GONE_WITHIN = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", dest="within", type=float, metavar="S",
        help="seconds for which what runs may go on (drain_timeout of the config)",
    )  # fmt: skip
    parser.add_argument(
        "--patiently", action="store_true",
        help="sessions that live go on, too, until they end by themselves: for an upgrade",
    )  # fmt: skip


def run(options: Options) -> int:
    """:raises NotRunning: no agent runs.
    :raises AgentError: it did not end in time.
    """
    settings = settings_of(options)
    within = options.get("within")
    ends_at = time.monotonic() + (settings.drain_timeout if within is None else within) + _MARGIN
    told = Status(state="")
    asked = {"command": "drain", "within": within, "patiently": options.get("patiently")}
    for answer in control.ask(settings.state_dir, asked, _ANSWER_WITHIN):
        now = Status.of(answer)
        if (now.state, now.sessions) != (told.state, told.sessions):
            print(f"{now.state}: {now.sessions} sessions left", flush=True)
        told = now
        if time.monotonic() > ends_at:
            break
    if told.state != "stopped" or not control.wait_until_free(settings.state_dir, _GONE_WITHIN):
        raise AgentError(f"the agent did not end in time: it is {told.state} with {told.sessions} sessions")
    return 0
