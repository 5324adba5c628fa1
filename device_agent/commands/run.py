"""`longwire-agent run`: the agent itself."""

import argparse
import asyncio
import contextlib
import dataclasses
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from device_agent import config, control, logs, workplace
from device_agent.commands.options import Options
from device_agent.commands.options import settings as settings_of
from device_agent.errors import Misconfigured
from device_agent.sandbox.enclosure import may_open_many
from device_agent.sandbox.levels import LEVELS, Report, weaker
from device_agent.settings import AgentSettings

HELP = "take sessions from the pool until stopped (SIGTERM drains)"
_THREADS = 48
_SWITCH_WITHIN = 0.0005
"""Seconds for which a thread that works on an AWS call may keep the loop from going on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sandbox",
        dest="sandbox.level",
        choices=LEVELS,
        help="how sessions are kept from this host (the strongest that it can); "
        "'none' has to be asked for by name",
    )
    parser.add_argument("--capacity", dest="capacity.sessions", type=int, help="sessions at the same time")
    parser.add_argument("--warm-kernels", dest="kernels.ready", type=int, help="kernels that stand ready")
    parser.add_argument(
        "--drain-timeout", dest="drain_timeout", type=float, help="seconds for what runs when stopped"
    )
    parser.add_argument(
        "--metrics-port", dest="metrics.port", type=int, help="port on 127.0.0.1 of the figures; 0 is none"
    )


def run(options: Options) -> int:
    """:raises AgentError: whatever ended it, with the exit code that says so."""
    settings = _enclosed(settings_of(options))
    config.require_url(settings)
    may_open_many()  # each session takes a dozen
    with control.only_one(settings.state_dir), _room_to_work(settings) as own:
        sys.setswitchinterval(_SWITCH_WITHIN)
        # Not asyncio.run: it would wait for the threads of long polls, up to 20 s.
        asyncio.new_event_loop().run_until_complete(_run(own))
    return 0


@contextlib.contextmanager
def _room_to_work(settings: AgentSettings) -> Iterator[AgentSettings]:
    """Clear up what an agent that was killed has left, and work in a directory of this one's own."""
    from device_agent.sandbox.cgroups import Cgroups

    logs.set_up(settings.state_dir, settings.log_level)
    groups = Cgroups.find() if settings.sandbox != "none" else None
    workplace.clear(settings.work_dir, groups.remove if groups else lambda _: None)
    with workplace.workplace(settings.work_dir) as own:
        yield dataclasses.replace(settings, work_dir=own)


async def _run(settings: AgentSettings) -> None:
    # These bring boto3 and Jupyter: the other commands need not wait for them.
    from device_agent import metrics, notices
    from device_agent.agent import Agent

    loop = asyncio.get_running_loop()
    # Every AWS call and long poll takes a thread for as long as it lasts.
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="aws"))
    metrics.serve(settings.metrics_port)
    agent = Agent(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop, f"stopped by {number.name}")
    ear = control.Control(agent.answer)
    await ear.open(settings.state_dir)
    try:
        async with notices.watched(settings.ec2, agent.stop):
            await agent.run()
    finally:
        await ear.close()


def _enclosed(settings: AgentSettings) -> AgentSettings:
    if settings.sandbox_asked == "none":
        return dataclasses.replace(settings, sandbox="none")
    from device_agent.sandbox.doctor import examine

    return at_level(settings, examine(settings.work_dir))


def at_level(settings: AgentSettings, report: Report) -> AgentSettings:
    """The settings with the level that was asked for, else with the strongest that the host can enforce.

    :raises Misconfigured: it can enforce none, or less than was asked for.
    """
    asked = settings.sandbox_asked
    if report.level == "none" or (asked and weaker(report.level, asked)):
        missing = "".join(
            f"\n- {found.what}: {found.words}" for found in report.findings if not found.enforced
        )
        raise Misconfigured(
            f"this host cannot keep sessions from itself {f'at the level {asked}' if asked else 'at all'}:"
            f"{missing}\nWhere other people's code does no harm, ask for --sandbox=none by name."
        )
    return dataclasses.replace(settings, sandbox=asked or report.level)
