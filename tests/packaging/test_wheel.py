"""The agent as a host owner gets it: a wheel, in an environment of its own."""

import subprocess
from pathlib import Path

import pytest

from tests.packaging.conftest import SECONDS, Install

EVERY_MODULE = """
import importlib, pkgutil, device_agent
for module in pkgutil.walk_packages(device_agent.__path__, "device_agent."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def _run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd="/", env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        text=True, capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, install: Install) -> Path:
    """The programs of a fresh environment."""
    place = tmp_path_factory.mktemp("host") / "venv"
    install(place)
    return place / "bin"


@pytest.mark.timeout(SECONDS)
def test_the_installed_client_says_what_it_does(programs: Path) -> None:
    done = _run(programs / "longwire", "run", "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Exits with 0 when the program ends well" in done.stdout


@pytest.mark.timeout(SECONDS)
def test_the_installed_agent_tells_its_version(programs: Path) -> None:
    done = _run(programs / "longwire-agent", "version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("longwire-agent 0.")


def test_every_part_of_the_installed_agent_finds_what_it_needs(programs: Path) -> None:
    done = _run(programs / "python", "-c", EVERY_MODULE)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_installed_agent_examines_its_host(programs: Path, tmp_path: Path) -> None:
    done = _run(programs / "longwire-agent", "doctor", LONGWIRE_AGENT_STATE=str(tmp_path / "state"))

    assert done.returncode == 1  # it is no device yet
    assert "NO  service: none is known" in done.stdout
    assert "sandbox" in done.stdout
    assert "Traceback" not in done.stderr
