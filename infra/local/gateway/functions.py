"""Runs a Chalice app's functions as Lambda would: in threads, with a context and a time limit."""

import asyncio
import importlib
import logging
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3.session
from botocore.config import Config
from chalice.app import Chalice, EventSourceHandler, ScheduledEventConfig

from infra.local.errors import UnsupportedAppError
from infra.local.gateway.events import ACCOUNT_ID, REGION, Event
from infra.local.gateway.meter import Meter

log = logging.getLogger("longwire.gateway")


class FunctionError(Exception):
    """A function raised; its traceback has been logged."""


class FunctionTimeoutError(Exception):
    """A function did not answer within the integration timeout; its thread runs on, as a Lambda would."""


class TooManyInvocationsError(Exception):
    """More invocations wait for a thread than the limit allows."""


@dataclass(frozen=True)
class Context:
    """The context object of an invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    function_name: str
    seconds: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: float = field(default_factory=time.monotonic)
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "1024"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    @property
    def invoked_function_arn(self) -> str:
        """Return the ARN that the function would have."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """Return the log group that the function would have."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds are left before the time limit."""
        return max(0, int((self.seconds - (time.monotonic() - self.started_at)) * 1000))


class Functions:
    """The functions of one Chalice app, each invoked in a thread of a bounded pool."""

    def __init__(self, app: Chalice, seconds: float, concurrency: int, waiting: int, meter: Meter) -> None:
        self.app = app
        self._meter = meter
        self._seconds = seconds
        self._executor = ThreadPoolExecutor(concurrency, thread_name_prefix="function")
        self._room = concurrency + waiting
        self._active = 0

    def websocket(self, route: str) -> Callable[[Event, Context], Any] | None:
        """Return the handler of `$connect`, `$default` or `$disconnect`, or None if the app has none."""
        config = self.app.websocket_handlers.get(route)
        return self.app.handler_map[config.name] if config else None

    def scheduled(self) -> list[tuple[str, str, Callable[[Event, Context], Any]]]:
        """Return (name, schedule expression, handler) of every scheduled function."""
        return [
            (source.name, _expression(source.schedule_expression), self.app.handler_map[source.name])
            for source in self.app.event_sources
            if isinstance(source, ScheduledEventConfig)
        ]

    async def invoke(self, name: str, handler: Callable[[Event, Context], Any], event: Event) -> Any:
        """Return the handler's result.

        Raises FunctionError, FunctionTimeoutError and TooManyInvocationsError.
        """
        if self._active >= self._room:
            raise TooManyInvocationsError
        self._active += 1
        self._meter.invoked(name)
        context = Context(f"{self.app.app_name}-{name}", self._seconds)
        future = self._executor.submit(handler, event, context)
        future.add_done_callback(self._ended_of(asyncio.get_running_loop()))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError as error:
            if not future.done() or future.cancelled():
                log.warning("%s timed out after %s s", name, self._seconds)
                raise FunctionTimeoutError from error
            raise FunctionError from error
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("%s raised", name)
            raise FunctionError from error

    def close(self) -> None:
        """Take no more invocations; what runs is not waited for."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _ended_of(self, loop: asyncio.AbstractEventLoop) -> Callable[[object], None]:
        def count_down() -> None:
            self._active -= 1

        def ended(_: object) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(count_down)

        return ended


def load_app(where: str, directory: Path) -> Chalice:
    """Import the Chalice app `module:attribute` from a project's directory.

    Raises UnsupportedAppError when it is not there or is no Chalice app.
    """
    module_name, _, attribute = where.partition(":")
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    try:
        app = getattr(importlib.import_module(module_name), attribute or "app")
    except (ImportError, AttributeError) as error:
        raise UnsupportedAppError(f"cannot load the app {where}: {error}") from error
    if not isinstance(app, Chalice):
        raise UnsupportedAppError(f"{where} is not a Chalice app")
    return app


def prepare(app: Chalice, connections_url: str) -> None:
    """Make a Chalice app fit for threads, and let `app.websocket_api` post to this gateway.

    Chalice keeps the current request on the app and builds a handler's middleware at its first event; two
    threads would mix the first up and can lose the second. A session of the app's own making is left alone.

    Raises UnsupportedAppError for what the gateway does not emulate.
    """
    for path, methods in app.routes.items():
        for method, entry in methods.items():
            if entry.authorizer is not None:
                raise UnsupportedAppError(f"{method} {path}: authorizers are not emulated")
    if not issubclass(app.__class__, _PerThread):
        app.__class__ = type(app.__class__.__name__, (_PerThread, app.__class__), {})
    for source in app.event_sources:
        if not isinstance(source, ScheduledEventConfig):
            log.warning("%s: events of its kind are not emulated, so it never runs here", source.name)
    for handler in app.handler_map.values():
        if isinstance(handler, EventSourceHandler):
            handler.handler = handler._build_middleware_handlers(
                list(handler._middleware_handlers), original_handler=handler.func
            )
    if type(app.websocket_api.session) is boto3.session.Session:
        app.websocket_api.session = _LocalSession(connections_url)


class _PerThread:
    """Keeps what Chalice stores on the app during a request apart for each thread."""

    _of_thread = threading.local()

    @property
    def current_request(self) -> Any:
        return getattr(self._of_thread, "request", None)

    @current_request.setter
    def current_request(self, value: Any) -> None:
        self._of_thread.request = value

    @property
    def lambda_context(self) -> Any:
        return getattr(self._of_thread, "context", None)

    @lambda_context.setter
    def lambda_context(self, value: Any) -> None:
        self._of_thread.context = value


class _LocalSession:
    """A boto3 session whose `apigatewaymanagementapi` clients post here; Chalice hard-codes AWS's address."""

    def __init__(self, connections_url: str) -> None:
        self._session = boto3.session.Session("local", "local", region_name=REGION)
        self._url = connections_url

    @property
    def region_name(self) -> str:
        return REGION

    def client(self, service: str, **options: Any) -> Any:
        if service == "apigatewaymanagementapi":
            options["endpoint_url"] = self._url
            options.setdefault("config", Config(proxies={}))
        return self._session.client(service, **options)  # type: ignore[call-overload]


def _expression(expression: Any) -> str:
    return expression if isinstance(expression, str) else str(expression.to_string())
