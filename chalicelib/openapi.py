"""`GET /openapi.json`: the table of routes, with its schemas, as OpenAPI 3.1 says it."""

import json
import re
from functools import cache
from typing import Any

from chalicelib import VERSION, answers, errors
from chalicelib.bodies import Schema
from chalicelib.errors import LongwireError, TooManyRequests
from chalicelib.routes import JSON, ROUTES, Bearer, Route

_OF_SESSION = "The token of the session, which `POST /sessions` and `POST /service` answer"
_SCHEMES: dict[str, Schema] = {
    "session": {"type": "http", "scheme": "bearer", "description": _OF_SESSION},
    "reader": {"type": "http", "scheme": "bearer", "description": f"{_OF_SESSION}, or its watch_token"},
    "device": {"type": "http", "scheme": "bearer", "description": "The token of an enrolled device"},
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": "An operator's key: what it asks for is counted for it, not for the address",
    },
    "person": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An identity token of the OpenID Connect issuer that the operator has named",
    },
}


@cache
def document() -> dict[str, Any]:
    """The description of all routes."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), route in ROUTES.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, route)
    described = {
        "openapi": "3.1.0",
        "info": {
            "title": "Longwire",
            "version": VERSION,
            "description": "Live Python cells: sessions on somebody's machine, by plain HTTP.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "securitySchemes": _SCHEMES,
            "schemas": {"Error": _error(), "GatewaysError": answers.GATEWAYS_ERROR},
        },
    }
    return _portable(described)


def _portable(described: dict[str, Any]) -> dict[str, Any]:
    r"""A copy whose patterns are ECMAScript's, as JSON Schema has them: `$` is what Python calls `\Z`."""
    copy: dict[str, Any] = json.loads(json.dumps(described).replace(r"\\Z", "$"))
    return copy


def _error() -> Schema:
    """The error of every route, with all the names that it may have."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind is not LongwireError]
    named = [f"{kind.__name__} ({kind.status})" for kind in kinds if issubclass(kind, LongwireError)]
    return {**answers.ERROR, "description": f"`ename` is one of {', '.join(named)}"}


def _operation(method: str, path: str, route: Route) -> dict[str, Any]:
    refused = _content(_either("Error", "GatewaysError"))
    operation: dict[str, Any] = {
        "operationId": _name(method, path),
        "summary": route.summary,
        "security": _security(route.bearer, route.knows_who),
        "parameters": [
            *(_parameter("path", name, {"type": "string"}) for name in re.findall(r"{(\w+)}", path)),
            *(_parameter("query", name, schema) for name, schema in route.query.items()),
        ],
        "responses": {
            str(route.status): {"description": "Done", "content": _content(route.answer)},
            "default": {"description": "Refused, in words", "content": refused},
        },
    }
    if route.body is not None:
        content = {media: {"schema": route.body} for media in route.content_types}
        operation["requestBody"] = {"required": bool(route.body.get("required", True)), "content": content}
    if route.knows_who:
        operation["responses"][str(TooManyRequests.status)] = {
            "description": "Too often, or more than is allowed; `quota` says of what",
            "headers": {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
            "content": refused,
        }
    return operation


def _name(method: str, path: str) -> str:
    """`post_sessions_messages`: the parts of a path that are no parameters."""
    return "_".join([method.lower(), *re.findall(r"/(\w+)", path), *(["one"] if path.endswith("}") else [])])


def _security(bearer: Bearer | None, knows_who: bool) -> list[dict[str, list[str]]]:
    if knows_who:
        return [{}, {"key": []}, {"person": []}]
    return [{bearer: []}] if bearer else []


def _parameter(where: str, name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _content(schema: Schema) -> dict[str, Any]:
    return {JSON: {"schema": schema}}


def _either(*names: str) -> Schema:
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
