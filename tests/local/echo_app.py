"""A Chalice app for the tests: whatever a handler does is asked for in the message itself."""

import json
import os
import threading
import time
from typing import Any

import boto3.session
from chalice.app import Chalice, Rate, Response

app = Chalice(app_name="echo")
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.websocket_api.session = boto3.session.Session("k", "s", region_name="us-east-1")

events: list[dict[str, Any]] = []
ticks: list[str] = []
release = threading.Event()


def request() -> Any:
    """Return the current request, which Chalice's types take for None as well."""
    return app.current_request


@app.on_ws_connect()
def connect(event: Any) -> Any:
    events.append(event.to_dict())
    query = event.to_dict().get("queryStringParameters") or {}
    if query.get("deny"):
        return Response(body="no entry", status_code=401)
    if query.get("crash"):
        raise RuntimeError("crash")
    if query.get("post"):
        # API Gateway does not know the connection before this handler has returned.
        try:
            app.websocket_api.send(event.connection_id, "too early")
        except Exception as error:
            events.append({"early": type(error).__name__})
    if query.get("protocol"):
        return Response(body="", status_code=200, headers={"Sec-WebSocket-Protocol": query["protocol"]})
    return None


@app.on_ws_message()
def message(event: Any) -> None:
    events.append(event.to_dict())
    if event.body == "crash":
        raise RuntimeError("crash")
    if event.body == "hang":
        release.wait(5)
        return
    if event.body.startswith("size:"):
        app.websocket_api.send(event.connection_id, "é" * (int(event.body[5:]) // 2))
        return
    if event.body.startswith("silent"):
        return
    app.websocket_api.send(event.connection_id, event.body)


@app.on_ws_disconnect()
def disconnect(event: Any) -> None:
    events.append(event.to_dict())


@app.route("/echo/{name}", methods=["GET", "POST"], cors=True)
def echo(name: str) -> dict[str, Any]:
    query = request().query_params
    pause = float((query or {}).get("pause", 0))
    if pause:
        time.sleep(pause)
    body = (request().raw_body or b"").decode("utf-8", "replace")
    return {
        "name": name,
        "query": dict(query) if query else None,
        "body": body[:100],
        "length": len(body),
        "still": request().uri_params["name"],
        "left": app.lambda_context.get_remaining_time_in_millis(),
        "request_id": app.lambda_context.aws_request_id,
    }


@app.route("/echo/literal")
def literal() -> str:
    return "literal"


@app.route("/big")
def big() -> str:
    size = int(request().query_params["size"])
    return "x" * size


@app.route("/hang")
def hang() -> str:
    release.wait(5)
    return "late"


@app.route("/crash")
def crash() -> str:
    raise RuntimeError("a secret detail")


@app.route("/made")
def made() -> Response:
    return Response(body=json.dumps({"made": True}), status_code=201, headers={"X-Own": "yes"})


@app.route("/environment")
def environment() -> dict[str, str]:
    return dict(os.environ)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def tick(event: Any) -> None:
    ticks.append(event.to_dict()["detail-type"])
