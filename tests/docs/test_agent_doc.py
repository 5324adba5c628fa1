"""docs/agent.md tells a host owner nothing but what is so: its commands are played as one story."""

import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from device_agent import config, errors, identity, metrics
from device_agent.cli import COMMANDS
from device_agent.config_schema import keys
from device_agent.sandbox.doctor import examine
from infra.local import operating
from tests.conftest import LiveStack, live_stack

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "agent.md").read_text()
SECONDS = 40.0


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def rows(heading: str) -> set[str]:
    """The lines of tables below a heading."""
    part = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert part, heading
    return {line for line in part.splitlines() if line.startswith("|")}


class Story:
    """A host on which the document's commands are given, one after the other."""

    def __init__(self, stack: LiveStack, state: Path, level: str) -> None:
        self._stack = stack
        self._state = state
        self._level = level
        self._token = ""
        self._agent: subprocess.Popen[bytes] | None = None
        self._environment = {
            **os.environ,
            **operating.environment(stack.stack.options.state),
            "LONGWIRE_AGENT_STATE": str(state),
            "LONGWIRE_AGENT_CONFIG": os.devnull,
            "LONGWIRE_AGENT_KERNELS_READY": "0",
        }

    def tell(self, line: str) -> None:
        """Run a line as it stands, but for what stands for something: the address, TOKEN and ID."""
        line = line.replace("https://longwire.example/api", self._stack.api).replace("TOKEN", self._token)
        if " ID " in line:
            known = identity.load(self._state)
            assert known is not None
            line = line.replace(" ID ", f" {known.device_id} ")
        program, *words = shlex.split(line)
        command = [
            sys.executable,
            *(["-m", "device_agent.cli"] if program == "longwire-agent" else []),
            *words,
        ]
        if words[0] == "run":
            self._run([*command, f"--sandbox={self._level}"])
            return
        done = self._do(command)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        if "enrolment-token" in words:
            self._token = done.stdout.strip()

    def _do(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=SECONDS,
            check=False,
        )  # fmt: skip

    def _run(self, command: list[str]) -> None:
        self._agent = subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL)
        ends_at = time.monotonic() + SECONDS
        while self._do([sys.executable, "-m", "device_agent.cli", "status"]).returncode != 0:
            assert time.monotonic() < ends_at
            assert self._agent.poll() is None

    def end(self) -> None:
        if self._agent:
            self._agent.terminate()
            self._agent.wait(SECONDS)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    # Where a host cannot enclose sessions, the story is that of one whose owner asked for that by name.
    level = examine(tmp_path).level
    with live_stack(tmp_path / "stack" / "state", is_agent_on=False) as stack:
        story = Story(stack, tmp_path / "host", level)
        if level == "none":
            story._environment["LONGWIRE_AGENT_SANDBOX_LEVEL"] = "none"
        yield story
        story.end()


@pytest.mark.timeout(300)
def test_its_commands_work_in_the_order_in_which_they_stand(story: Story) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert {shlex.split(line)[1] for line in lines if line.startswith("longwire-agent")} == {*COMMANDS}
    for line in lines:
        story.tell(line)


@pytest.mark.parametrize("text", blocks("toml"))
def test_its_configs_are_valid(text: str) -> None:
    config.checked(tomllib.loads(text), "agent.md")


@pytest.mark.parametrize("script", blocks("bash"))
def test_its_scripts_name_files_and_targets_that_there_are(script: str) -> None:
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    for name in re.findall(r"infra/\S+", script):
        assert (ROOT / name).exists(), name


def test_every_key_of_the_config_is_in_its_table() -> None:
    def row(path: str, key: dict[str, object]) -> str:
        default = key.get("default")
        shown = "" if default in (None, []) else f"`{default}`"
        values = key.get("enum")
        more = f" ({', '.join(values)})" if isinstance(values, list) else ""
        return f"| `{path}` | {key['type']} | {shown} | {key['description']}{more} |"

    expected = [row(path, key) for path, key in keys().items()]
    missing = [line for line in expected if line not in rows("Config")]
    assert not missing, "\n".join(missing)
    assert len(rows("Config")) == len(expected) + 2


def test_every_exit_code_is_in_its_table() -> None:
    codes = {kind.exit_code for kind in errors.AgentError.__subclasses__()} | {0}
    told = {int(found) for line in rows("Exit codes") for found in re.findall(r"^\| (\d+) \|", line)}
    assert told == codes


def test_every_figure_is_in_its_table() -> None:
    assert metrics.SESSIONS
    endings = {"counter": "_total", "info": "_info"}
    names = {one.name + endings.get(one.type, "") for one in REGISTRY.collect() if "longwire" in one.name}
    told = {found for line in rows("Metrics") for found in re.findall(r"`(longwire_\w+)`", line)}
    assert told == names


def test_every_command_is_in_its_table() -> None:
    told = {found for line in rows("Run") for found in re.findall(r"^\| `(\w+)` \|", line)}
    assert told == {*COMMANDS}
