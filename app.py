"""The routes and websocket handlers that deploy: each parses, calls and answers."""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from chalice.app import Chalice, CloudWatchEvent, Rate, Request, Response, WebsocketEvent

from chalicelib import (
    devices,
    http,
    identity,
    openapi,
    origins,
    permalinks,
    service,
    sharing,
    sweeps,
    websocket,
)
from chalicelib.clients import clients
from chalicelib.errors import LongwireError
from chalicelib.frames import dumps
from chalicelib.routes import JSON, ROUTES
from chalicelib.telemetry import count, logger
from chalicelib.trouble import told

Handler = Callable[..., dict[str, Any]]

app = Chalice(app_name="longwire")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.api.cors = True
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda loads a function on whole cores, and runs it on the share of one that goes with its memory.
    clients().make()


def _request() -> Request:
    return cast(Request, app.current_request)


def _token() -> str | None:
    return identity.bearer(_request().headers)


def _body() -> str | bytes | None:
    return _request().raw_body


def _query() -> dict[str, str]:
    return dict(_request().query_params or {})


def _address() -> str:
    source = str(_request().context["identity"]["sourceIp"])
    return identity.address_of(clients().settings, _request().headers, source)


def _source(event: WebsocketEvent) -> str:
    return str(event.to_dict()["requestContext"].get("identity", {}).get("sourceIp", ""))


def _json(body: dict[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(dumps(body), {"Content-Type": JSON, **(headers or {})}, status)


def route(path: str, method: str = "GET") -> Callable[[Handler], Handler]:
    """A route of the table, whose handler returns the answer's body; errors become their status and words."""
    known = ROUTES[method, path]

    def register(handler: Handler) -> Handler:
        @wraps(handler)
        def answer(**parameters: str) -> Response:
            try:
                origins.check(clients().settings, _request().headers.get("origin"))
                with told():
                    return _json(handler(**parameters), known.status)
            except LongwireError as error:
                logger.info("refused", extra={"error": type(error).__name__, "field": error.field})
                count(type(error).__name__)
                return _json(error.content(), error.status, error.headers)

        app.route(path, methods=[method], cors=True, content_types=list(known.content_types))(answer)
        return handler

    return register


@app.on_ws_connect()
def connect(event: WebsocketEvent) -> Response:
    headers, source = event.to_dict().get("headers") or {}, _source(event)
    status, answered = websocket.on_connect(clients(), event.connection_id, headers, source)
    return Response("", answered, status)


@app.on_ws_message()
def message(event: WebsocketEvent) -> None:
    websocket.on_message(clients(), event.connection_id, event.body)


@app.on_ws_disconnect()
def disconnect(event: WebsocketEvent) -> None:
    websocket.on_disconnect(clients(), event.connection_id)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(_event: CloudWatchEvent) -> None:
    sweeps.sweep(clients())


@route("/health")
def health() -> dict[str, Any]:
    return http.health(clients().settings.min_agent_version)


@route("/openapi.json")
def describe() -> dict[str, Any]:
    return openapi.document()


@route("/service", "POST")
def run_code() -> dict[str, Any]:
    return service.run(clients(), _body(), _request().headers, _address())


@route("/sessions", "POST")
def create_session() -> dict[str, Any]:
    return http.create_session(clients(), _body(), _request().headers, _address())


@route("/sessions/{session_id}/messages", "POST")
def post_message(session_id: str) -> dict[str, Any]:
    return http.post_message(clients(), session_id, _token(), _body())


@route("/sessions/{session_id}/messages")
def read_messages(session_id: str) -> dict[str, Any]:
    return http.read_messages(clients(), session_id, _token(), _query())


@route("/sessions/{session_id}/uploads", "POST")
def grant_upload(session_id: str) -> dict[str, Any]:
    return http.grant_upload(clients(), session_id, _token(), _body())


@route("/sessions/{session_id}/interrupt", "POST")
def interrupt(session_id: str) -> dict[str, Any]:
    return http.control(clients(), session_id, _token(), "interrupt_request")


@route("/sessions/{session_id}", "DELETE")
def end_session(session_id: str) -> dict[str, Any]:
    return http.control(clients(), session_id, _token(), "shutdown_request")


@route("/permalinks", "POST")
def store_permalink() -> dict[str, Any]:
    return sharing.store(clients(), _body(), _request().headers, _address())


@route("/permalinks/{permalink_id}")
def load_permalink(permalink_id: str) -> dict[str, Any]:
    return permalinks.load(clients(), permalink_id)


@route("/permalinks/{permalink_id}/report", "POST")
def report_permalink(permalink_id: str) -> dict[str, Any]:
    return sharing.report(clients(), permalink_id, _body(), _request().headers, _address())


@route("/devices", "POST")
def enrol_device() -> dict[str, Any]:
    return http.enrol(clients(), _body())


@route("/devices/{device_id}")
def describe_device(device_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.describe_device(clients(), device)


@route("/devices/{device_id}/start", "POST")
def start_device(device_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.start_device(clients(), device, _body())


@route("/devices/{device_id}/credentials", "POST")
def device_credentials(device_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.device_credentials(clients(), device)


@route("/devices/{device_id}/heartbeat", "POST")
def heartbeat(device_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.heartbeat(clients(), device, _body())


@route("/devices/{device_id}/sessions/{session_id}/claim", "POST")
def claim(device_id: str, session_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.claim(clients(), device, session_id, _body())


@route("/devices/{device_id}/sessions/{session_id}/take", "POST")
def take(device_id: str, session_id: str) -> dict[str, Any]:
    return http.take(clients(), device_id, _token(), session_id, _body())


@route("/devices/{device_id}/sessions/{session_id}/end", "POST")
def end_claim(device_id: str, session_id: str) -> dict[str, Any]:
    return http.end(clients(), device_id, _token(), session_id, _body())
