"""`python -m infra.emulated`: deploys the packaged template into an emulator, drives it, deletes it.

Prints a transcript. Exits with 0 when all of it went well and nothing is left, else with what went wrong.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from device_agent.sandbox.doctor import examine
from infra import package
from infra.emulated import deployment, device
from infra.emulated.deployment import Deployment, DeploymentError
from infra.emulated.emulator import Emulator
from infra.emulated.rewrites import REWRITES, STAGE, UNSEEN
from infra.local.errors import LocalStackError
from infra.parts import Template
from infra.smoke.checking import all_found, name_of, summary
from infra.smoke.checks import CHECKS
from infra.smoke.target import Target

CODE = "deployment.zip"
"""As Chalice calls what it makes beside the template."""
Say = Callable[[str], None]


def say(text: str) -> None:
    """Print one line at once, even into a pipe."""
    print(text, flush=True)


async def run(packaged: Path, directory: Path, say: Say) -> None:
    """The whole of it, with the template that is `packaged`; all files are under `directory`.

    :raises LocalStackError: something of it failed, or something is left.
    """
    template = deployment.read(packaged)
    kept = _kept(template)
    say(f"== the template: {_counted(one['Type'] for one in template['Resources'].values())}")
    for rewrite in REWRITES:
        say(f"changed: {rewrite.what} ({rewrite.why})")
    async with Emulator(directory) as emulator:
        say(f"== ministack at {emulator.url}")
        made = await asyncio.to_thread(deployment.create, emulator, template, packaged.parent / CODE)
        kinds = _counted(kind for kind, _ in made.resources.values())
        say(f"CREATE_COMPLETE in {made.seconds:.1f} s: {kinds}")
        await _drive(emulator, made, directory, say)
        say("== deleted")
        await asyncio.to_thread(deployment.delete, emulator)
        left = await asyncio.to_thread(deployment.left, emulator)
    names = sorted(made.resources[name][1] for name in kept)
    say(f"left, since the template keeps them from a deletion: {', '.join(names) or 'nothing'}")
    if left != names:
        raise DeploymentError(f"left, and not to be: {sorted(set(left) ^ set(names))}")


async def _drive(emulator: Emulator, made: Deployment, directory: Path, say: Say) -> None:
    """Enrol a device and let every check of a deployment look at this one."""
    api = emulator.execute_api(made.outputs["RestAPIId"], STAGE)
    connections = emulator.execute_api(made.outputs["WebsocketAPIId"], STAGE)
    state = directory / "agent"
    say("== a device")
    given = await device.token(emulator.endpoints, connections)
    say(f"the operator's token: {given[:12]}…")
    say(await device.enrol(emulator.endpoints, api, state, given))
    sandbox = (await asyncio.to_thread(examine, Path(tempfile.gettempdir()))).level
    agent = await device.start(emulator.endpoints, state, sandbox, directory / "agent.log")
    say(f"the agent runs, its sessions enclosed at level {sandbox}")
    try:
        say("== driven")
        websocket = connections.replace("http", "ws", 1)
        for check, why in UNSEEN.items():
            say(f"left out: {name_of(check)} ({why})")
        checks = [check for check in CHECKS if check not in UNSEEN]
        findings = await all_found(checks, Target(api, websocket), say)
    finally:
        await agent.stop(device.STOP_SECONDS)
    say(summary(findings))
    if any(finding.mark == "FAIL" for finding in findings):
        raise DeploymentError(f"the deployment fails. The end of the agent's log:\n{agent.tail()}")


def _kept(template: Template) -> list[str]:
    return [name for name, one in template["Resources"].items() if one.get("DeletionPolicy") == "Retain"]


def _counted(kinds: Iterable[str]) -> str:
    return ", ".join(
        f"{count} {kind.removeprefix('AWS::')}" for kind, count in sorted(Counter(kinds).items())
    )


def main() -> None:
    """Run in a directory that is gone afterwards."""
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="longwire-emulated-") as directory:
            asyncio.run(run(package.TARGET / package.NAME, Path(directory), say))
    except LocalStackError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(error.exit_code) from error
    say(f"== all well, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
