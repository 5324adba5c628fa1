"""The packaged template, built once."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra import package


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template's path; deployment.zip lies beside it."""
    return package.build("test", tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def resources(packaged: Path) -> dict[str, Any]:
    """What the template makes, by logical id."""
    made: dict[str, Any] = json.loads(packaged.read_text())["Resources"]
    return made
