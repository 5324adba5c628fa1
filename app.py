"""The routes and websocket handlers that deploy: each parses, calls and answers."""

from collections.abc import Callable
from typing import Any, cast

from chalice.app import Chalice, CloudWatchEvent, Rate, Request, Response, WebsocketEvent

from chalicelib import devices, http, permalinks, websocket
from chalicelib.clients import clients
from chalicelib.errors import LongwireError
from chalicelib.messages import parse_json
from chalicelib.telemetry import count, logger

app = Chalice(app_name="longwire")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.api.cors = True


def _request() -> Request:
    return cast(Request, app.current_request)


def _token() -> str | None:
    return http.bearer(_request().headers)


def _body() -> str | bytes | None:
    return _request().raw_body


def _query() -> dict[str, str]:
    return dict(_request().query_params or {})


@app.middleware("http")
def answer_errors(event: Any, get_response: Callable[[Any], Response]) -> Response:
    """Errors of ours become their status and words; whatever else is raised stays a 500 without details."""
    try:
        return get_response(event)
    except LongwireError as error:
        logger.info("refused", extra={"error": type(error).__name__, "field": error.field})
        count(type(error).__name__)
        return Response(error.content(), status_code=error.status)


@app.on_ws_connect()
def connect(event: WebsocketEvent) -> None:
    websocket.on_connect(clients(), event.connection_id)


@app.on_ws_message()
def message(event: WebsocketEvent) -> None:
    websocket.on_message(clients(), event.connection_id, event.body)


@app.on_ws_disconnect()
def disconnect(event: WebsocketEvent) -> None:
    websocket.on_disconnect(clients(), event.connection_id)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(_event: CloudWatchEvent) -> None:
    devices.sweep(clients())


@app.route("/health", cors=True)
def health() -> dict[str, Any]:
    return http.health()


@app.route("/sessions", methods=["POST"], cors=True)
def create_session() -> Response:
    return Response(http.create_session(clients(), _body()), status_code=201)


@app.route("/sessions/{session_id}/messages", methods=["POST"], cors=True)
def post_message(session_id: str) -> Response:
    return Response(http.post_message(clients(), session_id, _token(), _body()), status_code=202)


@app.route("/sessions/{session_id}/messages", methods=["GET"], cors=True)
def read_messages(session_id: str) -> dict[str, Any]:
    return http.read_messages(clients(), session_id, _token(), _query())


@app.route("/sessions/{session_id}/interrupt", methods=["POST"], cors=True)
def interrupt(session_id: str) -> Response:
    return Response(http.control(clients(), session_id, _token(), "interrupt_request"), status_code=202)


@app.route("/sessions/{session_id}", methods=["DELETE"], cors=True)
def end_session(session_id: str) -> Response:
    return Response(http.control(clients(), session_id, _token(), "shutdown_request"), status_code=202)


@app.route("/permalinks", methods=["POST"], cors=True)
def store_permalink() -> Response:
    cell = parse_json(_body(), permalinks.MAX_BYTES)
    return Response({"id": permalinks.store(clients(), cell)}, status_code=201)


@app.route("/permalinks/{permalink_id}", cors=True)
def load_permalink(permalink_id: str) -> dict[str, Any]:
    return permalinks.load(clients(), permalink_id)


@app.route("/devices", methods=["POST"])
def enrol_device() -> Response:
    return Response(http.enrol(clients(), _body()), status_code=201)


@app.route("/devices/{device_id}/start", methods=["POST"])
def start_device(device_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.start_device(clients(), device, _body())


@app.route("/devices/{device_id}/credentials", methods=["POST"])
def device_credentials(device_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.device_credentials(clients(), device)


@app.route("/devices/{device_id}/heartbeat", methods=["POST"])
def heartbeat(device_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.heartbeat(clients(), device, _body())


@app.route("/devices/{device_id}/sessions/{session_id}/claim", methods=["POST"])
def claim(device_id: str, session_id: str) -> dict[str, Any]:
    device = devices.authorized(clients(), device_id, _token())
    return http.claim(clients(), device, session_id, _body())


@app.route("/devices/{device_id}/sessions/{session_id}/take", methods=["POST"])
def take(device_id: str, session_id: str) -> dict[str, Any]:
    return http.take(clients(), device_id, _token(), session_id, _body())


@app.route("/devices/{device_id}/sessions/{session_id}/end", methods=["POST"])
def end_claim(device_id: str, session_id: str) -> dict[str, Any]:
    return http.end(clients(), device_id, _token(), session_id, _body())
