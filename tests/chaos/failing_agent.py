"""`longwire-agent` with a fault that nobody foresaw: its worker fails at a cell with FAIL in it."""

from typing import Any

from device_agent import cli
from device_agent.requests import Requests

_accept = Requests._accept


async def _fail(requests: Requests, channel: str, key: str, message: Any) -> None:
    if "FAIL" in str(message["content"]):
        raise RuntimeError("nobody has foreseen this")
    await _accept(requests, channel, key, message)


if __name__ == "__main__":
    Requests._accept = _fail  # type: ignore[method-assign]
    cli.main()
