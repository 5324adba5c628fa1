"""The web page: files of `web/dist` with the headers that they need, and `config.json`."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from chalicelib.settings import Issuer
from infra import pages
from infra.local.errors import MissingPartError

COMPRESSED_TYPES = ("text/", "application/json", "application/javascript", "image/svg+xml")
GZIP_MIN_BYTES = 1400


@dataclass(frozen=True)
class _File:
    modified: int
    content: bytes
    zipped: bytes | None


class WebPage:
    """Answers GET and HEAD for everything outside the API."""

    def __init__(
        self,
        folder: Path | None,
        api_url: str,
        websocket_url: str,
        origins: Iterable[str] = (),
        issuer: Issuer | None = None,
    ) -> None:
        """Serve `folder`, or only `config.json` when it is None; pages of `origins` may use the service.

        :param issuer: where readers of the page may sign in.

        :raises MissingPartError: the folder holds no page.
        """
        if folder is not None and not (folder / "index.html").is_file():
            raise MissingPartError(
                f"{folder} has no index.html: the web page is not built. `make run` builds it."
            )
        self._folder = folder.resolve() if folder is not None else None
        self._config = json.dumps(pages.config(api_url, websocket_url, origins, issuer))
        self._files: dict[Path, _File] = {}

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        headers = {**pages.headers(request.path), "Cache-Control": "no-cache"}
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={**headers, "Allow": "GET, HEAD"})
        if request.path == "/config.json":
            return web.Response(text=self._config, content_type="application/json", headers=headers)
        path = self._path(request.path)
        if path is None:
            return web.Response(status=404, text="Not found", headers=headers)
        kind = pages.media_type(path.name)
        file = self._read(path, kind)
        etag = f'"{file.modified:x}-{len(file.content):x}"'
        headers |= {"ETag": etag, "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = kind
        if file.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=file.zipped, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=file.content, headers=headers)

    def _path(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        path = (self._folder / name.lstrip("/")).resolve()
        if path.is_dir():
            path = path / "index.html"
        return path if path.is_relative_to(self._folder) and path.is_file() else None

    def _read(self, path: Path, kind: str) -> _File:
        modified = path.stat().st_mtime_ns
        known = self._files.get(path)
        if known is not None and known.modified == modified:
            return known
        content = path.read_bytes()
        is_worth_it = len(content) >= GZIP_MIN_BYTES and kind.startswith(COMPRESSED_TYPES)
        file = _File(modified, content, gzip.compress(content, 6) if is_worth_it else None)
        self._files[path] = file
        return file
