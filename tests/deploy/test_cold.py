"""What a function loads at a cold start: nothing heavier than needed, nothing it would have to compile."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

from infra import bytecode

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ("ipykernel", "IPython", "jupyter_client", "matplotlib", "numpy", "tornado", "zmq")
TOO_HEAVY = (
    *KERNELS,
    "aiohttp",
    "asyncio",
    "cryptography",
    "jsonschema",
    "jwt",
    "pydantic",
    "requests",
    "yaml",
)
"""What no route needs at once: an import of `jwt` belongs into the function that reads a token."""
OURS = ("bench", "device_agent", "infra", "longwire_client", "tests")
IN_LAMBDA = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil")
"""What Lambda's runtime brings."""
UNCHECKED_HASH = 1
MOST_BYTES = 40_000_000


def test_the_app_imports_nothing_heavy() -> None:
    code = "import sys, app; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "chalicelib" in loaded
    assert loaded.isdisjoint((*TOO_HEAVY, *OURS)), loaded & {*TOO_HEAVY, *OURS}


def test_the_package_has_what_lambda_does_not_bring_and_no_more(packaged: Path) -> None:
    with zipfile.ZipFile(packaged.parent / "deployment.zip") as zipped:
        first = {name.partition("/")[0] for name in zipped.namelist()}
        size = sum(entry.file_size for entry in zipped.infolist())
    assert {"app.py", "chalice", "chalicelib", "aws_lambda_powertools", "fastjsonschema"} <= first
    assert first.isdisjoint((*IN_LAMBDA, *KERNELS, *OURS))
    assert size < MOST_BYTES


def test_every_module_of_the_package_has_bytecode_that_is_taken_as_it_is(packaged: Path) -> None:
    with zipfile.ZipFile(packaged.parent / "deployment.zip") as zipped:
        names = set(zipped.namelist())
        for name in (name for name in names if name.endswith(".py")):
            compiled = zipped.read(importlib.util.cache_from_source(name))
            assert compiled[:4] == importlib.util.MAGIC_NUMBER, name
            assert int.from_bytes(compiled[4:8], "little") == UNCHECKED_HASH, name


def test_the_same_package_has_the_same_bytes(tmp_path: Path) -> None:
    package = tmp_path / "a.zip"
    with zipfile.ZipFile(package, "w") as zipped:
        zipped.writestr("b.py", "B = 1")
        zipped.writestr("__pycache__/b.cpython-311.pyc", b"of another time")
    bytecode.add(package)
    once = package.read_bytes()
    bytecode.add(package)
    assert package.read_bytes() == once
    with zipfile.ZipFile(package) as zipped:
        assert zipped.namelist() == ["__pycache__/b.cpython-311.pyc", "b.py"]
        assert zipped.getinfo("b.py").external_attr >> 16 == 0o100644
