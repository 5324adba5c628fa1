"""What a browser may ask of a new session: in which pool, with which kernel, for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_KERNEL = "python3"
SCHEMA: dict[str, dict[str, Any]] = {
    "pool": {"type": "string", "pattern": "^[a-z0-9-]{1,32}$"},
    "kernel": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "idle_timeout": {"type": "integer", "minimum": 1, "maximum": 3600},
}
"""The properties of a `hello` and of `POST /sessions` that say it."""


@dataclass(frozen=True)
class Terms:
    """`kernel`: name of a kernelspec of the device; `idle_timeout`: seconds, None for what is usual."""

    pool: str = "default"
    kernel: str = DEFAULT_KERNEL
    idle_timeout: int | None = None

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Terms":
        """Those of a checked message, request body or row that names some of them."""
        return cls(**{name: content[name] for name in SCHEMA if content.get(name) is not None})


USUAL = Terms()
"""Those of a session of which nothing was asked."""
