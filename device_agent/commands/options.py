"""The command line's options, by the path of the key in agent.toml that they set."""

import argparse
import os
from collections.abc import Mapping
from typing import Any

from device_agent import config
from device_agent.settings import AgentSettings

Options = Mapping[str, Any]


def add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="the config file, if not one of the usual places")
    parser.add_argument("--state-dir", dest="state_dir", metavar="DIR", help="what the device keeps")


def settings(options: Options) -> AgentSettings:
    """:raises Misconfigured: the config file, the environment or the options are wrong."""
    return config.read(os.environ, options)
