"""`longwire-agent enroll`: this host becomes a device of a service, with a one-time token."""

import argparse
import asyncio
import os
import sys

from device_agent import config, identity
from device_agent.commands.options import Options
from device_agent.commands.options import settings as settings_of
from device_agent.errors import Misconfigured
from device_agent.joining import check_clock
from device_agent.router import Router

HELP = "make this host a device of a service, with a one-time token of its operator"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", dest="url", help="address of the service, as https://HOST/api")
    parser.add_argument(
        "--token", help="the one-time token; '-' reads it from standard input (LONGWIRE_ENROLMENT_TOKEN)"
    )
    parser.add_argument("--again", action="store_true", help="become a new device though this is one already")


def run(options: Options) -> int:
    """:raises Refused: the token is not accepted."""
    settings = settings_of(options)
    router = Router(config.require_url(settings))
    known = identity.load(settings.state_dir)
    if known and not options.get("again"):
        raise Misconfigured(
            f"this host is the device {known.device_id} of {known.api_url or 'a service'} already: "
            "--again makes it a new one, and the operator may then revoke the old one"
        )
    token = _token(options.get("token"))

    async def enrol() -> identity.Identity:
        await router.health()
        check_clock(router.skew)
        return await identity.enrol(router, settings.state_dir, token)

    device = asyncio.run(enrol())
    labels = f", with the labels {', '.join(device.labels)}" if device.labels else ""
    print(f"This host is now the device {device.device_id} in the pool {device.pool}{labels}.")
    print("`longwire-agent doctor` checks what it can enforce, `longwire-agent run` takes sessions.")
    return 0


def _token(given: str | None) -> str:
    if given == "-":
        given = sys.stdin.readline().strip()
    token = given or os.environ.get("LONGWIRE_ENROLMENT_TOKEN", "")
    if not token:
        raise Misconfigured("--token: the service's operator makes a one-time token")
    return token
