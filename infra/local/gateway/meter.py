"""Counts what API Gateway and Lambda would bill, and what the functions' process asked of AWS."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from chalicelib import units

FIGURES_PATH = "/_local/figures"
"""Where the figures are, as JSON; no page of another origin can read them."""


class Meter:
    """Figures by name: `rest.<method> <resource>`, `websocket.in` and `out`, `lambda.<function>`, `bytes.*`.

    :param asked: what the app has asked of AWS, by operation, if it counts that.
    """

    def __init__(self, asked: Callable[[], Mapping[str, Any]] = dict) -> None:
        self._counts: Counter[str] = Counter()
        self._asked = asked

    def invoked(self, function: str) -> None:
        self._counts[f"lambda.{function}"] += 1

    def answered(self, route: str, size: int) -> None:
        """A REST request was answered with so many bytes."""
        self._counts[f"rest.{route}"] += 1
        self._counts["bytes.rest"] += size

    def passed(self, direction: str, size: int) -> None:
        """A websocket message of so many bytes went `in` or `out`."""
        self._counts[f"websocket.{direction}"] += units.parts(size, units.POST_BYTES)
        self._counts[f"bytes.{direction}"] += size

    def figures(self) -> web.Response:
        """All that was counted since the start, and the seconds of CPU that this process took."""
        asked = {operation: vars(figures) for operation, figures in self._asked().items()}
        known = {"gateway": self._counts, "aws": asked, "cpu_seconds": time.process_time()}
        return web.json_response(text=json.dumps(known))
