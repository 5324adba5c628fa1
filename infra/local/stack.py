"""The whole of Longwire on one machine, as an async context manager."""

import asyncio
import contextlib
import json
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chalicelib import enrolment
from chalicelib.enrolment import Enrolment
from infra.local import aws, operating, resources, roles
from infra.local.agents import Agents
from infra.local.children import Child, passed_on, python_module
from infra.local.errors import MissingPartError, StartTimeoutError
from infra.local.faults import Fault
from infra.local.gateway import listen
from infra.local.lock import StateLock
from infra.local.options import ROOT, UNLIMITED, Options
from infra.parts import BUFFERS

PREFIX = "longwire-local"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
LOG_CHECK_SECONDS = 60.0


class Stack:
    """Starts everything on entry and ends everything on exit; `url`, `api_url`, `websocket_url` tell where.

    Raises LocalStackError of the kind that fits: PortInUseError, StateInUseError, MissingPartError,
    ChildDiedError, StartTimeoutError, ResourcesError.
    """

    def __init__(self, options: Options, say: Callable[[str], None] = lambda _: None) -> None:
        self.options = options
        self._say = say
        self._lock: StateLock | None = None
        self._children: list[Child] = []
        self._agents = Agents(options, self.enrolment_token, say)
        self._watchers: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] | None = None
        self._is_stopping = False
        self.endpoints = aws.Endpoints("", "")
        self._http: socket.socket | None = None
        self.url = ""
        self.api_url = ""
        self.websocket_url = ""

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def run(self) -> None:
        """Wait for ever. Raises ChildDiedError when a process other than an agent ends by itself."""
        assert self._failed is not None, "the stack has not been started"  # noqa: S101
        await asyncio.shield(self._failed)

    def client(self, service: str) -> Any:
        """Return a boto3 client of `dynamodb`, `sqs`, `s3`, `sts` or `apigatewaymanagementapi`."""
        if service == "apigatewaymanagementapi":
            return aws.Endpoints(self.api_url, "").client(service)
        return self.endpoints.client(service)

    def pid_of(self, name: str) -> int:
        """Return the process id of `storage`, `queues`, `gateway` or an agent's guard."""
        known: dict[str, int] = {child.name: child.pid for child in (*self._children, *self._agents)}
        return known[name]

    def env_for_app(self) -> dict[str, str]:
        """Return the environment in which the router's functions run."""
        return {
            **passed_on(),
            **self.endpoints.env(),
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "LONGWIRE_PREFIX": PREFIX,
            "LONGWIRE_PAYLOAD_BUCKET": resources.name(BUFFERS, PREFIX, "PayloadBucket"),
            "LONGWIRE_CONNECTIONS_URL": self.api_url,
            # Any page that is open in a browser here could otherwise run code on this machine.
            "LONGWIRE_ALLOWED_ORIGINS": ",".join(
                (self.url, self.url.replace("127.0.0.1", "localhost"), *self.options.allow_origins)
            ),
            "LONGWIRE_DEVICE_ROLE_ARN": f"arn:aws:iam::{aws.ACCOUNT_ID}:role/{PREFIX}-device",
            **UNLIMITED,
            "POWERTOOLS_SERVICE_NAME": "longwire",
            "POWERTOOLS_METRICS_NAMESPACE": "Longwire",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            **self.options.app_env,
        }

    def set_faults(self, *faults: Fault, seed: int | None = None) -> None:
        """Let calls of the AWS services go wrong from now on, instead of those set before; none ends all."""
        for url, services in self._faulty().items():
            aws.set_faults(url, [fault for fault in faults if fault.service in services], seed)

    def faults_met(self) -> int:
        """Return how many calls met one of the faults that are set now."""
        return sum(sum(aws.faults_met(url)) for url in self._faulty())

    def _faulty(self) -> dict[str, tuple[str, ...]]:
        """The address of each process that has faults, and the services that it serves."""
        return {
            self.endpoints.storage: ("dynamodb", "s3", "sts"),
            self.endpoints.queues: ("sqs",),
            self.url: ("api", "connections"),
        }

    def enrolment_token(self, uses: int = 1) -> str:
        """Return a fresh token with which `uses` devices can enrol in the default pool within an hour."""
        return enrolment.issue(self.endpoints.clients(PREFIX), Enrolment("default"), uses)

    async def start_agent(self, name: str = "agent", env: Mapping[str, str] | None = None) -> Child:
        """Start one device agent and restart it whenever it ends; a name keeps its enrolment."""
        return await self._agents.start(name, self.api_url, self.endpoints, env)

    async def stop_agent(self, name: str = "agent") -> None:
        """End an agent and everything that it started; it is not restarted."""
        await self._agents.stop(name)

    async def replace_functions(self, app: str) -> None:
        """Let the functions of another app take the place of those that run, as a deploy does.

        API Gateway keeps websockets meanwhile; here they are cut, and requests refused for a moment.
        """
        old = next(child for child in self._children if child.name == "gateway")
        self._children.remove(old)
        await old.stop(STOP_SECONDS)
        self.options = replace(self.options, app=app)
        ports = [int(url.rpartition(":")[2].partition("/")[0]) for url in (self.url, self.websocket_url)]
        with contextlib.ExitStack() as opened:
            http, websocket = (opened.enter_context(listen(port)) for port in ports)
            await self._launch("gateway", self._gateway_command(http, websocket), http, websocket)
        await self._until_up("gateway", f"{self.url}/config.json")

    async def stop(self) -> None:
        """End every process, agents first, and release the ports and the state directory."""
        self._is_stopping = True
        for task in self._watchers:
            task.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        await self._agents.stop_all()
        # The gateway before what it calls; the storage process saves as it ends.
        for child in reversed(self._children):
            await child.stop(STOP_SECONDS)
        self._children.clear()
        operating.forget(self.options.state)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def _start(self) -> None:
        options = self.options
        if options.web is not None and not (options.web / "index.html").is_file():
            raise MissingPartError(
                f"{options.web} has no index.html: the web page is not built. `make run` builds it."
            )
        self._lock = StateLock(options.state)
        if options.is_fresh:
            _clear(options.state)
        self._failed = asyncio.get_running_loop().create_future()
        async with self._sockets() as (http, websocket, storage, queues):
            self.url = aws.address(http)
            self.api_url = f"{self.url}/api"
            self.websocket_url = f"ws{aws.address(websocket).removeprefix('http')}/api"
            self.endpoints = aws.Endpoints(aws.address(storage), aws.address(queues))
            self._say("Starting DynamoDB, S3 and STS (moto), the queues and the gateway …")
            await self._launch(
                "storage", aws.storage_command(storage, options.state, options.save_seconds), storage
            )
            await self._launch("queues", aws.queues_command(queues, options.state), queues)
            await self._launch("gateway", self._gateway_command(http, websocket), http, websocket)
        await self._until_up("storage", f"{self.endpoints.storage}/_local/health")
        await self._until_up("queues", f"{self.endpoints.queues}/")
        await asyncio.to_thread(self._fill)
        operating.remember(options.state, self.endpoints, PREFIX, self.api_url)
        await self._until_up("gateway", f"{self.url}/config.json")
        if options.is_agent_on:
            self._say("Starting a device agent …")
            await self.start_agent()
        self._watchers.append(asyncio.create_task(self._trim_logs()))

    def _fill(self) -> None:
        if self.options.resources is not None:
            names = resources.create(self.options.resources, PREFIX, self.endpoints)
            roles.create_device_role(PREFIX, self.endpoints)
            self._say(f"Made {len(names)} tables, queues and buckets")
        count = aws.storage_control(self.endpoints.storage, "restore")
        if count:
            self._say(f"Restored {count} items and objects from {self.options.state}")

    @contextlib.asynccontextmanager
    async def _sockets(self) -> AsyncIterator[tuple[socket.socket, ...]]:
        """Listen before any process starts: a taken port is known at once, no child can lose its own."""
        port = self.options.port
        with contextlib.ExitStack() as opened:
            numbers = (port, port + 1 if port else 0, 0, 0)
            yield tuple([opened.enter_context(listen(number)) for number in numbers])

    def _gateway_command(self, http: socket.socket, websocket: socket.socket) -> list[str]:
        options = self.options
        command = python_module("infra.local.front", "--app", options.app)
        command += ["--http-fd", str(http.fileno()), "--websocket-fd", str(websocket.fileno())]
        command += ["--limits", json.dumps(asdict(options.limits))]
        if options.web is not None:
            command += ["--web", str(options.web)]
        if options.schedule_seconds is not None:
            command += ["--schedule-seconds", str(options.schedule_seconds)]
        return command

    async def _launch(self, name: str, command: list[str], *sockets: socket.socket) -> None:
        env = {**self.env_for_app(), "PYTHONPATH": str(ROOT)}
        child = await Child.start(
            name,
            command,
            log=self.options.log(name),
            env=env,
            directory=self.options.app_directory if name == "gateway" else ROOT,
            sockets=sockets,
        )
        self._children.append(child)
        self._watchers.append(asyncio.create_task(self._watch(child)))

    async def _watch(self, child: Child) -> None:
        await child.wait()
        if self._is_stopping or child not in self._children:
            return
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(child.died())
            self._failed.exception()  # whoever waits in run() gets it too; nobody need

    async def _until_up(self, name: str, url: str) -> None:
        ends_at = time.monotonic() + START_SECONDS
        child = next(child for child in self._children if child.name == name)
        while not await asyncio.to_thread(aws.is_up, url):
            if child.code is not None:
                raise child.died()
            if time.monotonic() > ends_at:
                raise StartTimeoutError(f"{name} was not ready in {START_SECONDS:.0f} s.\n{child.tail()}")
            await asyncio.sleep(0.05)

    async def _trim_logs(self) -> None:
        while True:
            await asyncio.sleep(LOG_CHECK_SECONDS)
            for child in (*self._children, *self._agents):
                child.trim_log()


def _clear(state: Path) -> None:
    for entry in state.iterdir():
        if entry.name == "lock":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


__all__ = ["PREFIX", "ROOT", "Options", "Stack"]
