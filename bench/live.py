"""A whole stack of its own for a benchmark, gone afterwards."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import LiveStack, live_stack


@contextlib.contextmanager
def stack(**options: Any) -> Iterator[LiveStack]:
    with tempfile.TemporaryDirectory() as directory, live_stack(Path(directory) / "state", **options) as live:
        yield live
