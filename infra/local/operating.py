"""Where the operator's command finds the stack that runs: a file in its state directory."""

import json
from pathlib import Path

from infra.local.aws import Endpoints
from infra.local.errors import MissingPartError

_FILE = "operator.json"


def remember(state: Path, endpoints: Endpoints, prefix: str, connections_url: str) -> None:
    """Write down the environment in which the operator's command works on this stack."""
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    names = {"LONGWIRE_PREFIX": prefix, "LONGWIRE_CONNECTIONS_URL": connections_url}
    environment = {**endpoints.env(), **keys, **names}
    (state / _FILE).write_text(json.dumps(environment))


def forget(state: Path) -> None:
    """The stack has ended."""
    (state / _FILE).unlink(missing_ok=True)


def environment(state: Path) -> dict[str, str]:
    """Return what `remember` wrote. Raises MissingPartError when no stack runs on this state directory."""
    try:
        found: dict[str, str] = json.loads((state / _FILE).read_text())
    except (OSError, ValueError) as error:
        raise MissingPartError(f"No stack runs on {state}: `make run` starts one.") from error
    return found
