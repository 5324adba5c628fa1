"""`longwire-agent doctor`: what this host enforces and what it does not, and whether it can serve."""

import argparse
import asyncio
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib import VERSION, versions
from device_agent import config, identity, machine, room
from device_agent.commands.options import Options
from device_agent.commands.options import settings as settings_of
from device_agent.errors import AgentError, ClockSkewed, Misconfigured
from device_agent.joining import check_clock, policy_of
from device_agent.router import Body, Router
from device_agent.sandbox.levels import Level, weaker
from device_agent.settings import AgentSettings, KernelspecSource

HELP = "say in words what this host enforces and whether it can serve; exit code 0: it can, 1: it cannot"
_NEEDED_MB = 256
_KERNELSPEC_WITHIN = 30.0


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, in words. What is not `fine` but not `needed` is only said."""

    what: str
    fine: bool
    words: str
    needed: bool = True

    @property
    def mark(self) -> str:
        return "ok" if self.fine else "NO" if self.needed else "--"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sandbox", dest="sandbox.level", help="the level that `run` will be asked for")


def run(options: Options) -> int:
    fine = True
    for check in _checks(options):
        print(f"{check.mark:<3} {check.what}: {check.words}", flush=True)
        fine = fine and check.mark != "NO"
    print("This host can serve." if fine else "This host cannot serve yet: see what is marked NO.")
    return 0 if fine else 1


def _checks(options: Options) -> Iterator[Check]:
    try:
        settings = settings_of(options)
    except Misconfigured as error:
        yield Check("config", False, str(error))
        return
    yield Check("config", True, str(config.find(os.environ, options) or "no file: all as by default"))
    yield from _host(settings)
    for source in settings.kernelspecs:
        yield _kernelspec(source)
    levels: list[Level] = []
    yield from _sandbox(settings, levels)
    yield from _service(settings, levels[-1])


def _host(settings: AgentSettings) -> Iterator[Check]:
    fit = room.sessions_that_fit(settings.capacity)
    had = f"{machine.cores():g} cores, {machine.free_memory_mb()} of {machine.memory_mb()} MB of memory free"
    yield Check("capacity", room.has_memory(settings.capacity), f"{fit} sessions fit ({had})")
    state = settings.state_dir
    if state.exists():
        private = state.stat().st_mode & 0o077 == 0
        words = str(state) if private else f"others may enter {state}: chmod 700 {state}"
        yield Check("state directory", private and os.access(state, os.W_OK), words)
    work = settings.work_dir
    if not work.is_dir() or not os.access(work, os.W_OK | os.X_OK):
        yield Check("work directory", False, f"{work} is no directory that this user can write")
        return
    disk = os.statvfs(work)
    free = disk.f_bavail * disk.f_frsize // machine.MB
    yield Check("work directory", free >= _NEEDED_MB, f"{work}, {free} MB free")


def _kernelspec(source: KernelspecSource) -> Check:
    """A directory has to hold a kernelspec, a python has to find ipykernel."""
    from device_agent import kernelspecs

    what = f"kernelspec {source.name}"
    try:
        kernelspecs.read(source)
    except Misconfigured as error:
        return Check(what, False, str(error))
    if source.path.is_dir():
        return Check(what, True, str(source.path))
    try:
        done = subprocess.run(
            [source.path, "-c", "import ipykernel"],
            capture_output=True,
            timeout=_KERNELSPEC_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(what, False, f"{source.path} does not run: {error}")
    has = done.returncode == 0
    return Check(what, has, str(source.path) if has else f"{source.path} has no ipykernel")


def _sandbox(settings: AgentSettings, levels: list[Level]) -> Iterator[Check]:
    """Each finding, then the level at which `run` would run, which is put into `levels`."""
    from device_agent.sandbox.doctor import examine

    report = examine(settings.work_dir)
    asked = settings.sandbox_asked
    for found in report.findings:
        # What a level cannot be without, has decided the level: the rest is good to know.
        needed = report.level == "none" and asked != "none"
        yield Check(f"sandbox, {found.what}", found.enforced, found.words, needed)
    levels.append(asked or report.level)
    if asked == "none":
        words = "none, as asked for by name: nothing keeps sessions from this host"
        yield Check("sandbox level", True, words)
    elif report.level == "none" or (asked and weaker(report.level, asked)):
        yield Check(
            "sandbox level", False, f"this host can enforce {report.level}, not {asked or 'any other'}"
        )
    else:
        yield Check("sandbox level", True, f"{levels[-1]} (the strongest that this host can: {report.level})")


def _service(settings: AgentSettings, level: Level) -> Iterator[Check]:
    """Whether it answers, the clocks agree, the agent is new enough, and the device is let in."""
    if not settings.api_url:
        yield Check(
            "service", False, "none is known: `longwire-agent enroll --url https://HOST/api --token …`"
        )
        return
    router = Router(settings.api_url)
    try:
        health = asyncio.run(router.health())
        yield Check("service", True, f"{settings.api_url} answers, version {health.get('version', '?')}")
    except AgentError as error:
        yield Check("service", False, str(error))
        return
    yield _clock(router.skew)
    yield _version(health)
    yield from _device(settings, router, level)


def _clock(skew: float) -> Check:
    try:
        check_clock(skew)
    except ClockSkewed as error:
        return Check("clock", False, str(error))
    return Check("clock", True, f"{abs(skew):.0f} s from the service's")


def _version(health: Body) -> Check:
    least = str(health.get("min_agent_version", "0"))
    words = f"{VERSION} (the service takes {least} and newer)"
    return Check("version", not versions.is_older(VERSION, least), words)


def _device(settings: AgentSettings, router: Router, level: Level) -> Iterator[Check]:
    device = identity.load(settings.state_dir)
    if device is None:
        yield Check("enrolment", False, "this host is no device yet: `longwire-agent enroll`")
        return
    router.become(device.device_id, device.device_token)
    try:
        known = asyncio.run(router.describe())
    except AgentError as error:
        yield Check("enrolment", False, str(error))
        return
    labels = f", labels {', '.join(known['labels'])}" if known["labels"] else ""
    yield Check("enrolment", True, f"device {device.device_id} in pool {known['pool']}{labels}")
    if missing := sorted(set(settings.labels) - set(known["labels"])):
        yield Check("labels", False, f"the enrolment did not give {', '.join(missing)}")
    asked = policy_of(known["policy"]).sandbox
    enough = not weaker(level, asked)
    yield Check(
        "pool", enough, f"{known['pool']} asks for the sandbox level {asked}, this host runs at {level}"
    )
