"""What goes with the files of the web page wherever they are served from: headers, types, config.json."""

import mimetypes
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from chalicelib.settings import Issuer
from infra import parts

_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".map": "application/json",
    ".woff2": "font/woff2",
}


def headers(path: str) -> Mapping[str, str]:
    """The headers of a path as infra/template/web.yaml lets CloudFront send them, without HTTPS's own."""
    return _headers("FrameHeaders" if path == "/frame.html" else "PageHeaders")


@cache
def _headers(policy: str) -> Mapping[str, str]:
    resources = parts.read(parts.FOLDER / "web.yaml")["Resources"]
    config: dict[str, Any] = resources[policy]["Properties"]["ResponseHeadersPolicyConfig"]
    [origin] = config["CorsConfig"]["AccessControlAllowOrigins"]["Items"]
    security = config["SecurityHeadersConfig"]
    found = {"Access-Control-Allow-Origin": origin}
    if "ContentTypeOptions" in security:
        found["X-Content-Type-Options"] = "nosniff"
    if "ContentSecurityPolicy" in security:
        found["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    return found


def media_type(name: str) -> str:
    """The Content-Type of a file."""
    suffix = name[name.rfind(".") :]
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def cache_control(path: str) -> str:
    """What lies in assets/ has a hash of its content in its name; everything else is asked for anew."""
    return "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"


def config(
    api_url: str, websocket_url: str, origins: Iterable[str] = (), issuer: Issuer | None = None
) -> dict[str, Any]:
    """config.json: where the page finds the service, and pages of which origins may use it.

    :param issuer: where readers of the page may sign in.
    """
    sign_in = {"sign_in": {"issuer": issuer.url, "client_id": issuer.audience}} if issuer else {}
    return {"api": api_url, "websocket": websocket_url, "origins": sorted(origins), **sign_in}
