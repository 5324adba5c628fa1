"""REST: turns an HTTP request into a proxy event, and what the function returns into an answer."""

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web
from chalice.app import Chalice
from multidict import CIMultiDict

from infra.local.gateway.connections import failure
from infra.local.gateway.events import Api, RestRequest, rest_event, short_id
from infra.local.gateway.functions import (
    FunctionError,
    Functions,
    FunctionTimeoutError,
    TooManyInvocationsError,
)
from infra.local.gateway.limits import Limits, TokenBucket
from infra.local.gateway.meter import Meter

HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade", "trailer")
)


@dataclass(frozen=True)
class Route:
    """A path of the app: literal parts and `{parameters}`."""

    resource: str
    pattern: re.Pattern[str]
    parameters: tuple[str, ...]


class RestApi:
    """Serves the routes of a Chalice app."""

    def __init__(
        self, functions: Functions, api: Api, limits: Limits, bucket: TokenBucket, meter: Meter
    ) -> None:
        self._functions = functions
        self._meter = meter
        self._app: Chalice = functions.app
        self._api = api
        self._limits = limits
        self._bucket = bucket
        # A literal part wins over a parameter, as in API Gateway.
        self._routes = sorted(
            (_route(resource) for resource in self._app.routes),
            key=lambda route: [part.startswith("{") for part in route.resource.split("/")],
        )

    async def handle(self, request: web.Request, path: str) -> web.Response:
        """Answer one request; `path` is what follows the stage, still percent-encoded."""
        if self._limits.is_throttling and not self._bucket.take():
            return failure(429, "TooManyRequestsException", "Too Many Requests")
        found = self._match(path)
        if found is None:
            return _missing()
        route, parameters = found
        methods = self._app.routes[route.resource]
        if request.method == "OPTIONS" and "OPTIONS" not in methods:
            return self._preflight(methods)
        if request.method not in methods:
            return _missing()
        if (request.content_length or 0) > self._limits.rest_payload_bytes:
            return failure(413, "RequestTooLargeException", "Request Too Long")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return failure(413, "RequestTooLargeException", "Request Too Long")
        text, is_base64 = self._body(request, body)
        if len(text or "") + len(body) // 64 > self._limits.lambda_payload_bytes:
            return failure(413, "RequestTooLargeException", "Request Too Long")
        event = rest_event(
            self._api,
            RestRequest(
                method=request.method,
                resource=route.resource,
                path=unquote(path),
                stage_path=f"/{self._api.stage}{path}",
                path_parameters=parameters,
                headers=list(request.headers.items()),
                query=parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True),
                source_ip=request.remote or "127.0.0.1",
                body=text,
                is_base64=is_base64,
            ),
        )
        try:
            answer = await self._functions.invoke("api_handler", self._app, event)
        except FunctionError:
            return failure(502, "InternalServerErrorException", "Internal server error")
        except FunctionTimeoutError:
            return failure(504, "IntegrationTimeoutException", "Endpoint request timed out")
        except TooManyInvocationsError:
            return failure(429, "TooManyRequestsException", "Too Many Requests")
        response = self._answer(request, answer)
        self._meter.answered(f"{request.method} {route.resource}", response.content_length or 0)
        return response

    def _match(self, path: str) -> tuple[Route, dict[str, str]] | None:
        trimmed = path.rstrip("/") or "/"
        for route in self._routes:
            match = route.pattern.fullmatch(trimmed)
            if match:
                return route, {
                    name: unquote(value) for name, value in zip(route.parameters, match.groups(), strict=True)
                }
        return None

    def _body(self, request: web.Request, body: bytes) -> tuple[str | None, bool]:
        if not body:
            return None, False
        if request.content_type in self._app.api.binary_types:
            return base64.b64encode(body).decode(), True
        return body.decode("utf-8", "replace"), False

    def _preflight(self, methods: Mapping[str, Any]) -> web.Response:
        """Answer as the mock integration does that Chalice deploys for a route with CORS."""
        with_cors = [method for method, entry in methods.items() if entry.cors is not None]
        if not with_cors:
            return _missing()
        headers = dict(methods[with_cors[0]].cors.get_access_control_headers())
        headers["Access-Control-Allow-Methods"] = ",".join([*with_cors, "OPTIONS"])
        return web.Response(status=200, headers=headers, content_type="application/json")

    def _answer(self, request: web.Request, answer: Any) -> web.Response:
        malformed = failure(502, "InternalServerErrorException", "Internal server error")
        try:
            status = int(answer["statusCode"])
            body = str(answer.get("body") or "").encode()
            # The limit is one of the whole answer, in which the body is a text.
            if len(json.dumps(answer, ensure_ascii=False).encode()) > self._limits.lambda_payload_bytes:
                return malformed
            accepted = request.headers.get("Accept", "").split(",")[0].split(";")[0].strip()
            if answer.get("isBase64Encoded") and accepted in self._app.api.binary_types:
                body = base64.b64decode(body)
            headers = _headers(answer)
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
            return malformed
        headers.setdefault("Content-Type", "application/json")
        headers["x-amzn-RequestId"] = str(uuid.uuid4())
        headers["x-amz-apigw-id"] = short_id()
        return web.Response(status=status, body=body, headers=headers)


def _headers(answer: Mapping[str, Any]) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in (answer.get("headers") or {}).items():
        headers[name] = str(value)
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers.popall(name, None)
        for value in values:
            headers.add(name, str(value))
    for name in [name for name in headers if name.lower() in HOP_BY_HOP]:
        del headers[name]
    return headers


def _missing() -> web.Response:
    return failure(403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def _route(resource: str) -> Route:
    parameters: list[str] = []
    parts = []
    for part in resource.rstrip("/").split("/"):
        if part.startswith("{") and part.endswith("}"):
            parameters.append(part[1:-1])
            parts.append("([^/]+)")
        else:
            parts.append(re.escape(part))
    return Route(resource, re.compile("/".join(parts) or "/"), tuple(parameters))
