"""The record of a run, bench/results/latest.json; the picture and the tables of the document made from it."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.compare import picture, tables
from bench.compare.collected import Figure
from bench.compare.jupyter import PYTHON
from bench.compare.ratios import ratios

ROOT = Path(__file__).resolve().parents[2]
LATEST = ROOT / "bench" / "results" / "latest.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "images" / "benchmarks.svg"
OURS = ("ipykernel", "jupyter_client", "pyzmq", "aiohttp", "boto3", "moto", "numpy", "matplotlib")
THEIRS = ("jupyter_server", "jupyter_kernel_gateway", "ipywidgets", "ipykernel", "jupyter_client", "tornado")
BLOCK = re.compile(r"(<!-- from bench/results/latest\.json -->\n).*?(<!-- end -->)", re.DOTALL)


def write(where: dict[str, Any], figures: dict[str, Figure]) -> None:
    """Write all three; print the ratios."""
    latest = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": where,
        "versions": _versions(),
        "figures": figures,
        "ratios": ratios(figures),
    }
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(latest, indent=1) + "\n")
    DOCUMENT.write_text(
        BLOCK.sub(lambda found: found[1] + tables.tables(latest) + found[2], DOCUMENT.read_text())
    )
    PICTURE.write_text(picture.draw(figures))
    print(tables.ratio_table(latest))


def machine() -> dict[str, Any]:
    """What this runs on, and its load just now."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "system": platform.platform(terse=True),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _versions() -> dict[str, Any]:
    program = "import json, sys; from importlib.metadata import version as v; "
    program += "print(json.dumps({name: v(name) for name in sys.argv[1:]}))"
    theirs = subprocess.run([PYTHON, "-c", program, *THEIRS], capture_output=True, text=True, check=True)
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return {
        "python": platform.python_version(),
        "node": node.stdout.strip().removeprefix("v"),
        "longwire": {name: importlib.metadata.version(name) for name in OURS},
        "bench": json.loads(theirs.stdout),
    }
