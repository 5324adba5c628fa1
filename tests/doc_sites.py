"""The sites of docs/embedding-sphinx-mkdocs.md, built as their authors would build them."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "embedding-sphinx-mkdocs.md").read_text()
SECONDS = 120
THEME = "theme:\n  name: mkdocs\n  highlightjs: false\n"
EXTRA = {
    "plain.rst": "No cell\n=======\n\nNothing here runs.\n",
    "wave.py": "print('from a file')\n",
    "docs/plain.md": "# No cell\n\nNothing here runs.\n",
}


def files() -> dict[str, str]:
    """What the document puts into files, by their names."""
    found = re.findall(r"`([\w/]+\.\w+)`:\n\n(`{3,})\w+\n(.*?)^\2$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return {name: text for name, _fence, text in found}


class DocSites:
    """Projects in a folder, and the package beside them."""

    def __init__(self, folder: Path, url: str) -> None:
        """Install the package; the projects get the service's address."""
        self.folder = folder
        self._packages = folder / "packages"
        self._run(
            Path(sys.executable).parent / "uv", "pip", "install", "-q", "--python", sys.executable,
            "--no-deps", "--no-build-isolation", "--target", self._packages, ROOT / "integrations",
        )  # fmt: skip
        for name, text in {**files(), **EXTRA}.items():
            self.write(name, text.replace("https://HOST", url))
        # What this theme loads from somebody else's host cannot be had in a test.
        self.write("mkdocs.yml", self._source.joinpath("mkdocs.yml").read_text() + THEME)

    def write(self, name: str, text: str) -> None:
        """Put a file into the projects."""
        path = self.folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def sphinx(self, builder: str = "html") -> Path:
        """Build with Sphinx; warnings are errors."""
        place = self.folder / f"sphinx-{builder}"
        options = (
            "-D",
            "exclude_patterns=docs",
            "-D",
            "epub_copyright=A",
            "-D",
            "version=1",
            "-d",
            f"{place}-trees",
        )
        self._run(sys.executable, "-m", "sphinx", "-qW", "-b", builder, *options, self._source, place)
        return place

    def mkdocs(self) -> Path:
        """Build with MkDocs; warnings are errors."""
        place = self.folder / "mkdocs"
        self._run(
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "-q",
            "--strict",
            "-f",
            self._source / "mkdocs.yml",
            "-d",
            place,
        )
        return place

    @property
    def _source(self) -> Path:
        return self.folder / "source"

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, "PYTHONPATH": str(self._packages)},
            text=True, capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
