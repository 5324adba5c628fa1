"""The wheel that `make wheel` builds, and environments with nothing but it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"
SECONDS = 300

Install = Callable[..., None]


def _uv(*arguments: str | Path) -> None:
    done = subprocess.run([UV, *arguments], text=True, capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    _uv("build", "-q", "--no-build-isolation", "--python", sys.executable, "-o", place, ROOT)
    [wheel] = place.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def install(wheel: Path) -> Install:
    """Make an environment and install the wheel in it, as pipx does."""

    def make(place: Path, python: str | Path = sys.executable, *options: str) -> None:
        _uv("venv", "-q", "--python", python, *options, place)
        locked = ROOT / "requirements" / "agent.txt"
        _uv("pip", "install", "-q", "--python", place / "bin" / "python", "-c", locked, wheel)

    return make
