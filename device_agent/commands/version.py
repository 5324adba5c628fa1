"""`longwire-agent version`: which agent this is."""

import argparse
import platform

from chalicelib import PROTOCOL, VERSION
from device_agent.commands.options import Options

HELP = "print the version"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def run(_options: Options) -> int:
    print(f"longwire-agent {VERSION}, protocol {PROTOCOL}, Python {platform.python_version()}")
    return 0
