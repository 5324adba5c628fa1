"""docs/service.md tells programs nothing but what is so: its commands and its code run as they stand."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib import answers, bodies
from infra.local import operating
from tests.conftest import LiveStack

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "service.md").read_text()
PROGRAMS = {"python": [sys.executable], "longwire": [sys.executable, "-m", "longwire_client"]}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def run(live: LiveStack, *command: str) -> str:
    known = operating.environment(live.stack.options.state)
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **known, "LONGWIRE_URL": live.api},
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_every_command_works(live: LiveStack, line: str) -> None:
    program, *words = shlex.split(line.replace("http://127.0.0.1:8765/api", live.api))
    if "--local" in words:
        words.insert(words.index("--local") + 1, str(live.stack.options.state))

    told = run(live, *PROGRAMS.get(program, [program]), *words)

    if program == "curl":
        answer = json.loads(told)
        assert answer.get("success", True) is True, told
        assert "ename" not in answer, told


@pytest.mark.parametrize("code", blocks("python"))
def test_every_program_works(live: LiveStack, code: str) -> None:
    run(live, sys.executable, "-c", code.replace("http://127.0.0.1:8765/api", live.api))


def test_every_field_of_the_service_is_told_of() -> None:
    for name in (*bodies.SERVICE.schema["properties"], *answers.SERVICE["properties"]):
        assert f"`{name}`" in TEXT, name
