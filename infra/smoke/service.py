"""The service itself: its versions, and what it keeps."""

from chalicelib import PROTOCOL
from infra.smoke.checking import expect
from infra.smoke.target import Target
from infra.smoke.web import fetch
from longwire_client import Longwire

CELL = {"code": "print('a check of the deployment')", "language": "python"}


async def health(target: Target) -> str:
    """The service answers, in the protocol of this checkout."""
    answer = await fetch(f"{target.api}/health")
    expect(answer.status == 200, f"/health answers {answer.status}: {answer.body!r:.200}")
    told = answer.json()
    expect(told["status"] == "ok", f"its status is {told['status']}")
    expect(told["protocol"] == PROTOCOL, f"its protocol is {told['protocol']}, not {PROTOCOL}")
    return f"version {told['version']}, protocol {told['protocol']}, agents from {told['min_agent_version']}"


async def permalink(target: Target) -> str:
    """A shared cell is kept under its hash, and is what it was."""
    service = Longwire(target.api)
    kept = service.call("POST", "/permalinks", CELL)["id"]
    again = service.call("POST", "/permalinks", CELL)["id"]
    cell = service.call("GET", f"/permalinks/{kept}")
    expect(kept == again, "the same cell has two ids")
    expect(cell["code"] == CELL["code"], f"the cell is {cell}")
    return f"{kept}"
