"""The device agents of a stack: each is started again whenever it ends, ever later if it ends soon."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from infra.local import aws
from infra.local.children import Child, passed_on, python_module
from infra.local.options import ROOT, Options

KILL_SECONDS = 5.0
BACKOFF_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0
ENROLMENT_POLLS = 600
ENROLMENT_POLL_SECONDS = 0.2


class Agents:
    """Starts, keeps and ends agents; a name keeps its enrolment.

    :param token: gives a fresh enrolment token; blocking.
    :param say: tells whoever started the stack.
    """

    def __init__(self, options: Options, token: Callable[[], str], say: Callable[[str], None]) -> None:
        self._options = options
        self._token = token
        self._say = say
        self._agents: dict[str, Child] = {}
        self._watchers: list[asyncio.Task[None]] = []

    def __iter__(self) -> Iterator[Child]:
        return iter(self._agents.values())

    async def start(
        self, name: str, api_url: str, endpoints: aws.Endpoints, env: Mapping[str, str] | None = None
    ) -> Child:
        """Start one agent, and start it again whenever it ends."""
        state = self._options.state / name
        is_enrolled = await asyncio.to_thread(_is_enrolled, state)
        variables = {
            **passed_on(),
            **endpoints.env(),
            "LONGWIRE_API_URL": api_url,
            "LONGWIRE_AGENT_STATE": str(state),
            # Nobody's own config reaches into the stack.
            "LONGWIRE_AGENT_CONFIG": os.devnull,
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            **self._options.agent_env,
            **(env or {}),
        }
        if not is_enrolled:
            variables.setdefault("LONGWIRE_ENROLMENT_TOKEN", await asyncio.to_thread(self._token))
        child = await self._launch(name, variables)
        if not is_enrolled:
            self._watchers.append(asyncio.create_task(_save_enrolment(state, endpoints.storage)))
        self._watchers.append(asyncio.create_task(self._keep(name, variables)))
        return child

    async def stop(self, name: str) -> None:
        """End an agent and everything that it started; it is not started again."""
        await self._agents.pop(name).stop(self._options.agent_grace_seconds + KILL_SECONDS)

    async def stop_all(self) -> None:
        """End every agent, side by side."""
        for task in self._watchers:
            task.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        await asyncio.gather(*(self.stop(name) for name in list(self._agents)))

    async def _launch(self, name: str, env: Mapping[str, str]) -> Child:
        guard = python_module("infra.local.guard", "--grace", str(self._options.agent_grace_seconds), "--")
        command = [*guard, *self._options.agent_command]
        child = await Child.start(name, command, log=self._options.log(name), env=env, directory=ROOT)
        self._agents[name] = child
        return child

    async def _keep(self, name: str, env: Mapping[str, str]) -> None:
        failures = 0
        while name in self._agents:
            started_at = time.monotonic()
            child = self._agents[name]
            await child.wait()
            child.kill()
            if self._agents.get(name) is not child:
                return
            failures = 0 if time.monotonic() - started_at > STEADY_SECONDS else failures
            pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
            failures += 1
            self._say(f"The device {name} ended (exit code {child.code}); it starts again in {pause:.0f} s.")
            if failures == 1:
                self._say(child.tail())
            await asyncio.sleep(pause)
            await self._launch(name, env)


async def _save_enrolment(state: Path, storage: str) -> None:
    """Save once a device has enrolled: its file and its row in the table must not part at a crash."""
    for _ in range(ENROLMENT_POLLS):
        if await asyncio.to_thread(_is_enrolled, state):
            await asyncio.to_thread(aws.storage_control, storage, "save")
            return
        await asyncio.sleep(ENROLMENT_POLL_SECONDS)


def _is_enrolled(state: Path) -> bool:
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return (state / "device.json").is_file()
