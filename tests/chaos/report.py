"""The table "fault, and what the reader saw" as a page of the documentation."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "LONGWIRE_CHAOS_PAGE"
"""Names the file that is written; without it none is."""
_HEAD = """# Faults, and what the reader saw

Made by `make chaos`, which lets all of this go wrong on a real stack, with real agents and real kernels, and
fails when a reader sees anything else. A device is given up here after 6 s of silence, not after 25 s.

| fault | what the reader saw |
|---|---|
"""


@dataclass(frozen=True)
class Row:
    """What went wrong, and what a reader of a session saw of it."""

    fault: str
    seen: str


def write(rows: Sequence[Row]) -> None:
    """Write the page that the environment names."""
    if rows and (page := os.environ.get(VARIABLE)):
        lines = [f"| {row.fault} | {row.seen} |".replace("\n", " ") for row in rows]
        Path(page).write_text(_HEAD + "\n".join(lines) + "\n")
