"""Whether a function's role allows what its code asks of AWS, looked at whenever a contract test calls it."""

import contextlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any
from unittest import mock

from chalicelib import http, permalinks, reports, service, sharing, sweeps, websocket
from infra import parts
from infra.local import resources
from infra.local.aws import ACCOUNT_ID, REGION
from tests.contract.world import World

Allowed = set[tuple[str, str]]

ENTRIES: dict[str, tuple[tuple[Any, str], ...]] = {
    "WebsocketConnectRole": ((websocket, "on_connect"),),
    "WebsocketMessageRole": ((websocket, "on_message"),),
    "WebsocketDisconnectRole": ((websocket, "on_disconnect"),),
    "SweepRole": ((sweeps, "sweep"),),
    "ApiHandlerRole": (
        (service, "run"),
        (sharing, "store"),
        (sharing, "report"),
        (permalinks, "load"),
        *((http, name) for name in ("create_session", "post_message", "read_messages", "grant_upload")),
        *((http, name) for name in ("control", "enrol", "start_device", "describe_device")),
        *((http, name) for name in ("device_credentials", "heartbeat", "claim", "take", "end")),
    ),
}
"""What app.py calls, by the role in which it does."""
OTHERS = ((reports, "dismiss"), (World, "rings"))
"""What operators and devices do, even while a function waits."""


class Permissions:
    """What functions have asked for while `watched`, that their roles do not allow."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._roles = {role: _allowed(role, prefix) for role in ENTRIES}
        self._acting: list[str] = []
        self.refused: set[str] = set()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Every entry says who acts; what nobody's entry has called is the test's own doing."""
        with contextlib.ExitStack() as patched:
            for role, entries in ENTRIES.items():
                for module, name in entries:
                    acting = self._as(role, getattr(module, name))
                    patched.enter_context(mock.patch.object(module, name, acting))
            for module, name in OTHERS:
                patched.enter_context(mock.patch.object(module, name, self._as("", getattr(module, name))))
            yield

    def _as(self, role: str, entry: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(entry)
        def call(*arguments: Any, **options: Any) -> Any:
            self._acting.append(role)
            try:
                return entry(*arguments, **options)
            finally:
                self._acting.pop()

        return call

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Take a call from botocore's `before-parameter-build`."""
        role = self._acting[-1] if self._acting else ""
        if not role:
            return
        action = f"{model.service_model.service_name}:{model.name}"
        for resource in self._resources(params):
            known = (fnmatchcase(resource, one) for asked, one in self._roles[role] if asked == action)
            if not any(known):
                self.refused.add(f"{role} may not {action} on {resource}")

    def _resources(self, params: dict[str, Any]) -> Iterator[str]:
        table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/"
        for name in (params["TableName"],) if "TableName" in params else params.get("RequestItems", ()):
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            yield f"{table}{name}{index}"
        if queue := params.get("QueueName") or params.get("QueueUrl", "").rsplit("/", 1)[-1]:
            yield f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}"
        if "RoleArn" in params:
            yield params["RoleArn"]


def _allowed(role: str, prefix: str) -> Allowed:
    """Pairs of an action and a pattern of resources."""
    entry = parts.join(parts.FOLDER)["Resources"][role]
    template = resources.Template(resources.read(parts.BUFFERS), prefix, {"WebsocketAPI": "api"})
    [policy] = entry["Properties"]["Policies"]
    pairs: Allowed = set()
    for statement in policy["PolicyDocument"]["Statement"]:
        actions = _listed(statement["Action"])
        if not actions[0].startswith("logs:"):
            names = _listed(template.resolve(statement["Resource"], role))
            pairs |= {(action, name) for action in actions for name in names}
    return pairs


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
