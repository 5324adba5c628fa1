"""A device in the emulated deployment: let in by the operator's command, enrolled and run by the agent's."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from infra.emulated.emulator import ROOT
from infra.emulated.errors import EmulatedError
from infra.local.agents import KILL_SECONDS
from infra.local.aws import Endpoints
from infra.local.children import Child, passed_on, python_module
from infra.local.options import AGENT_COMMAND

GRACE_SECONDS = 6.0
STOP_SECONDS = GRACE_SECONDS + KILL_SECONDS


async def token(endpoints: Endpoints, stack: str, connections_url: str) -> str:
    """A one-time enrolment token, as `python -m infra.operator enrolment-token` prints it."""
    operator = {
        **_environment(endpoints),
        "AWS_ACCESS_KEY_ID": "operator",
        "AWS_SECRET_ACCESS_KEY": "operator",
        "LONGWIRE_PREFIX": stack,
        "LONGWIRE_CONNECTIONS_URL": connections_url,
    }
    return await _told(python_module("infra.operator", "enrolment-token"), operator)


async def enrol(endpoints: Endpoints, api: str, state: Path, given: str) -> str:
    """What `longwire-agent enroll` says; it gets the token on its standard input."""
    command = python_module("device_agent.cli", "enroll", "--url", api, "--token", "-")
    return await _told(command, _agent(endpoints, state), given)


async def start(endpoints: Endpoints, state: Path, sandbox: str, log: Path) -> Child:
    """The agent, under a guard that leaves nothing of it behind."""
    guard = python_module("infra.local.guard", "--grace", str(GRACE_SECONDS), "--")
    command = [*guard, *AGENT_COMMAND, f"--sandbox={sandbox}"]
    return await Child.start("agent", command, log=log, env=_agent(endpoints, state), directory=ROOT)


def _agent(endpoints: Endpoints, state: Path) -> dict[str, str]:
    """No AWS keys: it has those that the service gives it, and no others."""
    own = {"LONGWIRE_AGENT_STATE": str(state), "LONGWIRE_AGENT_CONFIG": os.devnull}
    return {**_environment(endpoints), **own}


def _environment(endpoints: Endpoints) -> dict[str, str]:
    return {**passed_on(), **endpoints.env(), "PYTHONUNBUFFERED": "1"}


async def _told(command: list[str], env: Mapping[str, str], given: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=env,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate(f"{given}\n".encode())
    if process.returncode:
        raise EmulatedError(f"{' '.join(command[2:])}: {error.decode()}")
    return out.decode().strip()
