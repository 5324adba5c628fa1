"""Builds the events that API Gateway and EventBridge hand to a Lambda function."""

import base64
import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]
Pairs = list[tuple[str, str]]

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"


@dataclass(frozen=True)
class Api:
    """The names that an event gives of the API that it comes from."""

    api_id: str = "local00000"
    stage: str = "api"

    @property
    def domain_name(self) -> str:
        """Return the host name that the API would have on AWS."""
        return f"{self.api_id}.execute-api.{REGION}.amazonaws.com"


@dataclass(frozen=True)
class Peer:
    """The client of a websocket as its opening request showed it."""

    connection_id: str
    source_ip: str
    user_agent: str
    headers: Pairs
    query: Pairs
    connected_at: int = field(default_factory=lambda: epoch_ms())


@dataclass(frozen=True)
class RestRequest:
    """An HTTP request that matched a route. `body` is text, or base64 when `is_base64` is true."""

    method: str
    resource: str
    path: str
    stage_path: str
    path_parameters: dict[str, str]
    headers: Pairs
    query: Pairs
    source_ip: str
    body: str | None
    is_base64: bool


def epoch_ms() -> int:
    """Return the time in milliseconds since 1970, as `requestTimeEpoch` has it."""
    return time.time_ns() // 1_000_000


def short_id(size: int = 11) -> str:
    """Return an id such as API Gateway's own: base64 of random bytes, so `=`, `+` and `/` occur in it."""
    return base64.b64encode(secrets.token_bytes(size)).decode()


def single(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the last value of each name."""
    return dict(pairs)


def multiple(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return all values of each name."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def request_time(milliseconds: int) -> str:
    """Return a time in the common log format, e.g. `24/Nov/2026:02:00:00 +0000`."""
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(milliseconds / 1000))


def connect_event(api: Api, peer: Peer) -> Event:
    """Return the event of `$connect`, which alone carries the headers and the query string."""
    event: Event = {
        "headers": single(peer.headers),
        "multiValueHeaders": multiple(peer.headers),
        "requestContext": _websocket_context(api, peer, "$connect", "CONNECT"),
        "isBase64Encoded": False,
    }
    if peer.query:
        event["queryStringParameters"] = single(peer.query)
        event["multiValueQueryStringParameters"] = multiple(peer.query)
    return event


def message_event(api: Api, peer: Peer, body: str) -> Event:
    """Return the event of one message from a client."""
    context = _websocket_context(api, peer, "$default", "MESSAGE")
    context["messageId"] = short_id()
    return {"requestContext": context, "body": body, "isBase64Encoded": False}


def disconnect_event(api: Api, peer: Peer, code: int, reason: str) -> Event:
    """Return the event of `$disconnect`; `code` is the websocket close code."""
    context = _websocket_context(api, peer, "$disconnect", "DISCONNECT")
    context["disconnectStatusCode"] = code
    context["disconnectReason"] = reason
    headers: Pairs = [
        ("Host", api.domain_name),
        ("x-api-key", ""),
        ("X-Forwarded-For", ""),
        ("x-restapi", ""),
    ]
    return {
        "headers": single(headers),
        "multiValueHeaders": multiple(headers),
        "requestContext": context,
        "isBase64Encoded": False,
    }


def rest_event(api: Api, request: RestRequest) -> Event:
    """Return the proxy event (version 1) of a REST request.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    now = epoch_ms()
    headers = single(request.headers)
    return {
        "resource": request.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": multiple(request.headers),
        "queryStringParameters": single(request.query) or None,
        "multiValueQueryStringParameters": multiple(request.query) or None,
        "pathParameters": request.path_parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "local",
            "resourcePath": request.resource,
            "httpMethod": request.method,
            "extendedRequestId": short_id(),
            "requestTime": request_time(now),
            "path": request.stage_path,
            "accountId": ACCOUNT_ID,
            "protocol": "HTTP/1.1",
            "stage": api.stage,
            "domainPrefix": api.api_id,
            "requestTimeEpoch": now,
            "requestId": str(uuid.uuid4()),
            "identity": {
                "cognitoIdentityPoolId": None,
                "accountId": None,
                "cognitoIdentityId": None,
                "caller": None,
                "sourceIp": request.source_ip,
                "principalOrgId": None,
                "accessKey": None,
                "cognitoAuthenticationType": None,
                "cognitoAuthenticationProvider": None,
                "userArn": None,
                "userAgent": _header(headers, "user-agent"),
                "user": None,
            },
            "domainName": api.domain_name,
            "apiId": api.api_id,
        },
        "body": request.body,
        "isBase64Encoded": request.is_base64,
    }


def scheduled_event(name: str) -> Event:
    """Return the event of a scheduled rule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{name}"],
        "detail": {},
    }


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name), None)


def _websocket_context(api: Api, peer: Peer, route: str, event_type: str) -> Event:
    now = epoch_ms()
    request_id = short_id()
    return {
        "routeKey": route,
        "eventType": event_type,
        "messageDirection": "IN",
        "connectionId": peer.connection_id,
        "apiId": api.api_id,
        "stage": api.stage,
        "domainName": api.domain_name,
        "connectedAt": peer.connected_at,
        "requestTimeEpoch": now,
        "requestTime": request_time(now),
        "requestId": request_id,
        "extendedRequestId": request_id,
        "identity": {"sourceIp": peer.source_ip, "userAgent": peer.user_agent},
    }
