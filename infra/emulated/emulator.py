"""The emulator's process: ministack, in an environment of its own, on a free port of this machine alone."""

import asyncio
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local import aws
from infra.local.agents import KILL_SECONDS
from infra.local.aws import Endpoints
from infra.local.children import Child, python_module
from infra.local.errors import MissingPartError, StartTimeoutError
from infra.local.gateway import listen

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-emulated" / "bin" / "python"
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class Emulator:
    """Runs from entry to exit; keeps all that it writes under `directory`.

    :raises LocalStackError: it is not installed, or does not start.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # It cannot be handed a socket that listens already.
        with listen(0) as listener:
            self._port = int(listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"
        self.endpoints = Endpoints(self.url, self.url)

    async def __aenter__(self) -> Self:
        if not PYTHON.exists():
            raise MissingPartError(f"{PYTHON} is not there: `make emulated-deploy` installs the emulator.")
        # Killed hard, whoever started this leaves neither it nor its functions' processes.
        guard = python_module("infra.local.guard", "--grace", str(STOP_SECONDS), "--")
        self._child = await Child.start(
            "ministack",
            [*guard, str(PYTHON), "-m", "ministack"],
            log=self._directory / "ministack.log",
            env=self._environment(),
            directory=ROOT,
        )
        await self._until_up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._child.stop(STOP_SECONDS + KILL_SECONDS)

    @property
    def log(self) -> Path:
        return self._child.log

    def execute_api(self, api_id: str, stage: str) -> str:
        """Where an API's stage is."""
        return f"{self.url}/_aws/execute-api/{api_id}/{stage}"

    def _environment(self) -> dict[str, str]:
        places = {"S3_DATA_DIR": "s3", "STATE_DIR": "state", "TMPDIR": "tmp"}
        for place in places.values():
            (self._directory / place).mkdir(exist_ok=True)
        return {
            **{name: str(self._directory / place) for name, place in places.items()},
            "PATH": os.environ["PATH"],
            "HOME": str(self._directory),
            # It would listen for everybody, and serve IoT and SFTP, too.
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "GATEWAY_PORT": str(self._port),
        }

    async def _until_up(self) -> None:
        ends_at = time.monotonic() + START_SECONDS
        while not await asyncio.to_thread(aws.is_up, f"{self.url}/_ministack/health"):
            if self._child.code is not None:
                raise self._child.died()
            if time.monotonic() > ends_at:
                raise StartTimeoutError(
                    f"ministack was not ready in {START_SECONDS:.0f} s.\n{self._child.tail()}"
                )
            await asyncio.sleep(0.05)
