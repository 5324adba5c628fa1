"""The web page's files, with the headers that they need."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from infra.local.errors import MissingPartError
from infra.local.web import WebPage


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[ClientSession]:
    (tmp_path / "secret").write_text("no")
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<p>index")
    (dist / "frame.html").write_text("<p>frame")
    (dist / "assets" / "a.js").write_text("let a = 1;" * 1000)
    (dist / "assets" / "a.wasm").write_bytes(b"\x00asm")
    application = web.Application()
    application.router.add_route(
        "*", "/{path:.*}", WebPage(dist, "http://h/api", "ws://h/api", ["http://author.test"])
    )
    async with (
        TestServer(application) as server,
        ClientSession(server.make_url("/"), auto_decompress=True) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/assets/a.js", "text/javascript; charset=utf-8"),
        ("/assets/a.wasm", "application/wasm"),
    ],
)
async def test_a_file_has_its_type(page: ClientSession, path: str, kind: str) -> None:
    async with page.get(path) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "Content-Security-Policy" not in answer.headers


async def test_the_frame_is_sandboxed(page: ClientSession) -> None:
    async with page.get("/frame.html") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox allow-scripts ")
        assert "allow-same-origin" not in policy


async def test_the_config_names_both_addresses_and_who_may_use_them(page: ClientSession) -> None:
    async with page.get("/config.json") as answer:
        addresses = {"api": "http://h/api", "websocket": "ws://h/api"}
        assert await answer.json() == addresses | {"origins": ["http://author.test"]}


async def test_text_is_zipped_and_not_sent_twice(page: ClientSession) -> None:
    async with page.get("/assets/a.js") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(await answer.text()) == 10_000
        etag = answer.headers["ETag"]
    async with page.get("/assets/a.js", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


@pytest.mark.parametrize("path", ["/nothing", "/%2e%2e/secret", "/assets", "/..%2fsecret"])
async def test_nothing_outside_the_folder_is_served(page: ClientSession, path: str) -> None:
    async with page.get(path) as answer:
        assert answer.status == 404


async def test_only_reading_is_allowed(page: ClientSession) -> None:
    async with page.post("/") as answer:
        assert answer.status == 405


def test_a_page_that_is_not_built_says_how(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="make run"):
        WebPage(tmp_path, "", "")
