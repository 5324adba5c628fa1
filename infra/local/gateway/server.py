"""The gateway: one HTTP port, one websocket port, one Chalice app behind both."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from chalice.app import Chalice

from infra.local.errors import PortInUseError
from infra.local.faults import CONTROL_PATH, Faults
from infra.local.faults import served as faulty
from infra.local.gateway import schedule
from infra.local.gateway.connections import Connections, ConnectionsApi, failure
from infra.local.gateway.events import Api
from infra.local.gateway.functions import Functions, prepare
from infra.local.gateway.limits import Limits, TokenBucket
from infra.local.gateway.meter import FIGURES_PATH, Meter
from infra.local.gateway.rest import RestApi
from infra.local.gateway.websocket import WebsocketListener

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


def listen(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises PortInUseError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"Port {port} cannot be used ({error.strerror}); choose another with --port."
        ) from error
    listener.setblocking(False)
    return listener


class Gateway:
    """An API Gateway for one Chalice app, as an async context manager.

    `page` answers every HTTP request outside the stage; without it they are refused as AWS does.
    `asked` gives what the app has asked of AWS, by operation, for those who look at the figures.
    """

    def __init__(
        self,
        app: Chalice,
        *,
        http: socket.socket | None = None,
        websocket: socket.socket | None = None,
        limits: Limits | None = None,
        api: Api | None = None,
        page: Page | None = None,
        schedule_seconds: float | None = None,
        asked: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.limits = limits or Limits()
        self.api = api or Api()
        self._http = http or listen(0)
        self._websocket = websocket or listen(0)
        self._page = page
        self._faults = Faults()
        self._schedule_seconds = schedule_seconds
        prepare(app, self.url)
        self._meter = meter = Meter(asked)
        self._functions = Functions(
            app,
            self.limits.integration_seconds,
            self.limits.concurrency,
            self.limits.waiting_invocations,
            meter,
        )
        self.connections = Connections(self.limits)
        bucket = TokenBucket(self.limits.requests_per_second, self.limits.request_burst)
        self._rest = RestApi(self._functions, self.api, self.limits, bucket, meter)
        self._connections_api = ConnectionsApi(self.connections, self.limits, bucket, meter)
        self._listener = WebsocketListener(self._functions, self.connections, self.api, self.limits, meter)
        self._runner: web.AppRunner | None = None
        self._schedule: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address of the REST API, which is that of `@connections` too."""
        host, port = self._http.getsockname()[:2]
        return f"http://{host}:{port}/{self.api.stage}"

    @property
    def websocket_url(self) -> str:
        """Return the address of the websocket API."""
        host, port = self._websocket.getsockname()[:2]
        return f"ws://{host}:{port}/{self.api.stage}"

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=self.limits.rest_payload_bytes)
        application.router.add_route("*", "/{path:.*}", self._route)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, self._http).start()
        await self._listener.start(self._websocket)
        self._schedule = asyncio.create_task(schedule.run(self._functions, self._schedule_seconds))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._schedule is not None:
            self._schedule.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._schedule
        await self._listener.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._functions.close()

    async def _route(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path
        prefix = f"/{self.api.stage}"
        if path == prefix or path.startswith(f"{prefix}/"):
            return await self._serve_api(request, path[len(prefix) :] or "/")
        if path == CONTROL_PATH:
            return await faulty.controlled(self._faults, request)
        if path == FIGURES_PATH:
            return self._meter.figures()
        if self._page is not None:
            return await self._page(request)
        return failure(403, "ForbiddenException", "Forbidden")

    async def _serve_api(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answer a request to the REST API or to `@connections`; `path` is what follows the stage."""

        connection_id = path.removeprefix("/@connections/")
        is_connection = connection_id != path

        def act() -> Awaitable[web.StreamResponse]:
            if is_connection:
                return self._connections_api.handle(request, connection_id)
            return self._rest.handle(request, path)

        service, target = ("connections", connection_id) if is_connection else ("api", path)
        fault = self._faults.meet(service, request.method, [target]) if self._faults.any else None
        return await faulty.serve(fault, request, act)
