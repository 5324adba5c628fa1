"""`make smoke` says of a deployment what is so: all well of one that runs, else what is wrong."""

import functools
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.smoke import page
from infra.smoke.checking import name_of
from infra.smoke.checks import CHECKS
from tests.conftest import LiveStack

ROOT = Path(__file__).resolve().parents[2]


def smoke(*arguments: str) -> tuple[int, list[str]]:
    """Exit code, and the lines that it told."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.smoke", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[str]:
    """A web server with a page and nothing behind it: no headers, no service."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        host, port = server.server_address[:2]
        url = f"http://{host!s}:{port}"
        config = {"api": f"{url}/api", "websocket": f"ws://{host!s}:{port}/api", "origins": [url]}
        (tmp_path / "config.json").write_text(json.dumps(config))
        (tmp_path / "index.html").write_text('<script type="module" src="./cell.js"></script>')
        (tmp_path / "frame.html").write_text("<p>")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url
        server.shutdown()


@pytest.mark.timeout(120)
def test_a_stack_that_runs_passes_every_check_that_means_something_there(fresh: LiveStack) -> None:
    code, lines = smoke(fresh.url)
    skipped = [line for line in lines if line.startswith("skip")]
    assert code == 0, "\n".join(lines)
    assert lines[-1] == f"{len(CHECKS) - 2} ok, 0 failed, 2 skipped"
    assert "on this machine nothing is encrypted" in skipped[0]
    assert "keeps no access rules" in skipped[1]


@pytest.mark.timeout(120)
def test_a_page_without_headers_and_service_fails_every_check_but_encryption(bare: str) -> None:
    code, lines = smoke(bare)
    passed = [line for line in lines if line.startswith(("ok", "skip"))]
    assert code == 1
    assert [name_of(page.encryption) in line for line in passed] == [True], lines
    assert lines[-1] == f"0 ok, {len(CHECKS) - 1} failed, 1 skipped"


def test_an_address_without_a_deployment_is_told_of_in_words() -> None:
    code, [line] = smoke("http://127.0.0.1:9")
    assert (code, "URL must be the address of the page" in line) == (2, True)
