"""`python -m infra.emulated`: `make deploy` into an emulator of AWS, a device, a reader, `make destroy`.

Prints a transcript. Exits with 0 when all of it went well and nothing is left, else with what went wrong.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from device_agent.sandbox.doctor import examine
from infra.deploy import place
from infra.deploy.__main__ import WHEELS
from infra.deploy.down import destroy
from infra.deploy.errors import DeployError
from infra.deploy.place import Place
from infra.deploy.stack import Stack
from infra.deploy.up import deploy, newest_wheel
from infra.emulated import device
from infra.emulated.account import Account
from infra.emulated.emulator import Emulator
from infra.emulated.errors import EmulatedError
from infra.emulated.rewrites import REWRITES, STAGE, UNSEEN
from infra.local.errors import LocalStackError
from infra.smoke.checking import all_found, name_of, summary
from infra.smoke.checks import CHECKS
from infra.smoke.target import Target

NAME = "emulated"
ORIGIN = "https://example.org"
CHOSEN = {"AllowedOrigins": ORIGIN, "Devices": "scaled", "AlarmEmail": "operator@example.org"}
"""Parameters with which the template makes as much as it can."""
Say = Callable[[str], None]


async def run(wheel: Path, directory: Path, say: Say) -> None:
    """The whole of it; `wheel` is the agent's, and all files are under `directory`.

    :raises LocalStackError, DeployError: something of it failed, or something is left.
    """
    for rewrite in REWRITES:
        say(f"changed: {rewrite.what} ({rewrite.why})")
    async with Emulator(directory) as emulator:
        account = Account(emulator.url)
        where = place.find(NAME, account)
        say(f"== deployed into ministack at {emulator.url}")
        made = await asyncio.to_thread(deploy, where, CHOSEN, wheel, _but_events(say))
        say(_counted(where))
        await _drive(emulator, where, made, directory, say)
        say("== destroyed")
        await asyncio.to_thread(destroy, where, NAME, "", _but_events(say))
        left = await asyncio.to_thread(account.left)
    if left:
        raise EmulatedError(f"left, and not to be: {left}")
    say("nothing is left but the role of access logs, which is the account's")


async def _drive(emulator: Emulator, where: Place, made: Stack, directory: Path, say: Say) -> None:
    """Enrol a device and let every check of a deployment look at this one."""
    api = emulator.execute_api(made.outputs["RestAPIId"], STAGE)
    connections = emulator.execute_api(made.outputs["WebsocketAPIId"], STAGE)
    state = directory / "agent"
    say("== a device")
    given = await device.token(emulator.endpoints, where.stack, connections)
    say(f"the operator's token: {given[:12]}…")
    say(await device.enrol(emulator.endpoints, api, state, given))
    sandbox = (await asyncio.to_thread(examine, Path(tempfile.gettempdir()))).level
    agent = await device.start(emulator.endpoints, state, sandbox, directory / "agent.log")
    say(f"the agent runs, its sessions enclosed at level {sandbox}")
    try:
        say("== used")
        for check, why in UNSEEN.items():
            say(f"left out: {name_of(check)} ({why})")
        checks = [check for check in CHECKS if check not in UNSEEN]
        target = Target(api, connections.replace("http", "ws", 1), origins=(ORIGIN,))
        findings = await all_found(checks, target, say)
    finally:
        await agent.stop(device.STOP_SECONDS)
    say(summary(findings))
    if any(finding.mark == "FAIL" for finding in findings):
        raise EmulatedError(f"the deployment fails. The end of the agent's log:\n{agent.tail()}")


def _but_events(say: Say) -> Say:
    """Hundreds of resources that come and go are counted elsewhere; what fails is raised."""

    def tell(line: str) -> None:
        if not line.partition(" ")[0].isupper():
            say(line)

    return tell


def _counted(where: Place) -> str:
    """The stack's resources by type."""
    made = where.client("cloudformation").describe_stack_resources(StackName=where.stack)["StackResources"]
    kinds = Counter(one["ResourceType"].removeprefix("AWS::") for one in made)
    return f"{len(made)} resources: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}"


def main() -> None:
    """Run in a directory that is gone afterwards."""
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="longwire-emulated-") as directory:
            asyncio.run(run(newest_wheel(WHEELS), Path(directory), lambda line: print(line, flush=True)))
    except (LocalStackError, DeployError) as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(getattr(error, "exit_code", 1)) from error
    print(f"== all well, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
