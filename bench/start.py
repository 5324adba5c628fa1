"""The import of app.py in a fresh interpreter, beside boto3 alone; and the size of the packaged Lambda."""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from bench.figures import row

ROOT = Path(__file__).resolve().parent.parent
RUNS = 15


def _seconds(statement: str) -> float:
    environment = {**os.environ, "LONGWIRE_PREFIX": "longwire", "AWS_DEFAULT_REGION": "us-east-1"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], cwd=ROOT, env=environment, check=True)
    return time.perf_counter() - began


def main() -> None:
    statements = {"interpreter alone": "pass", "import boto3": "import boto3", "import app": "import app"}
    taken: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(RUNS):
        for name, statement in statements.items():
            taken[name].append(_seconds(statement))
    for name, seconds in taken.items():
        print(row(name, seconds))
    with tempfile.TemporaryDirectory() as directory:
        command = [".venv/bin/chalice", "package", "--stage", "prod", directory]
        environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        archive = Path(directory) / "deployment.zip"
        whole = sum(entry.file_size for entry in zipfile.ZipFile(archive).infolist())
        print(f"packaged Lambda: {archive.stat().st_size / 1e6:.2f} MB zip, {whole / 1e6:.1f} MB unzipped")
