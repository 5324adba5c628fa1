"""Every command and snippet in the documents does what it says."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import app
from chalicelib import errors, schemas
from tests.conftest import LiveStack
from tests.integration.client import Client, request

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PLAYED = ("agent.md", "operations.md", "service.md", "embedding-sphinx-mkdocs.md")
"""Those whose snippets have a test of their own."""


def snippets(language: str) -> list[tuple[str, str]]:
    """(document, snippet) of all fenced blocks of a language."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    documents = [path for path in DOCUMENTS if path.name not in PLAYED]
    return [(path.name, text) for path in documents for text in pattern.findall(path.read_text())]


@pytest.mark.parametrize(("document", "code"), snippets("python"))
async def test_every_python_snippet_runs_as_a_cell(live: LiveStack, document: str, code: str) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.run(code)
        assert not client.of_type("error"), document
        # With sliders it would live on for a while, and there are more snippets than places.
        await client.send(request("shutdown_request", "control", {}))


@pytest.mark.parametrize(("document", "code"), snippets("sh"))
def test_every_command_works(live: LiveStack, document: str, code: str) -> None:
    for line in code.strip().splitlines():
        words = shlex.split(line.replace("http://127.0.0.1:8765", live.url))
        if words[0] == "make":
            # What the target does is run by CI itself; here it must exist.
            words.insert(1, "--dry-run")
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, f"{document}: {line}: {done.stderr}"
        if words[0] == "curl":
            assert "error" not in json.loads(done.stdout), f"{document}: {line}"


def test_every_link_between_documents_leads_somewhere() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_protocol_names_every_route_request_and_error() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text()
    for path, methods in app.app.routes.items():
        for method in methods:
            named = path.replace("{session_id}", "{id}").replace("{permalink_id}", "{id}")
            named = named.replace("{device_id}/sessions/{id}", "{id}/sessions/{sid}").replace(
                "{device_id}", "{id}"
            )
            assert f"{method} {named}" in text, f"{method} {path}"
    for msg_type in schemas.REQUESTS:
        assert msg_type in text, msg_type
    for name, error in vars(errors).items():
        if (
            isinstance(error, type)
            and issubclass(error, errors.LongwireError)
            and error is not errors.LongwireError
        ):
            assert name in text, name
