"""The policies themselves: those of the template's roles, and the one that narrows a role to a device."""

import json
from types import SimpleNamespace
from typing import Any

from chalicelib.clients import Clients
from chalicelib.credentials import session_policy
from chalicelib.devices import Device
from chalicelib.settings import Settings
from infra import parts
from infra.local import resources
from infra.local.aws import ACCOUNT_ID, REGION

Document = dict[str, Any]

PREFIX = "longwire-prod"
API = "a1b2c3d4e5"
ARTIFACTS = "longwire-artifacts"
DEVICE = "0123456789abcdef01234567"
SETTINGS = Settings(
    prefix=PREFIX,
    connections_url=f"https://{API}.execute-api.{REGION}.amazonaws.com/api",
    device_role_arn=f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-device",
    own_payload_bucket=f"{PREFIX}-payloads-{ACCOUNT_ID}-{REGION}",
)


def role(logical_id: str) -> dict[str, Document]:
    """The policies of a role of the template, by name, with every reference resolved."""
    entry = parts.join(parts.FOLDER)["Resources"][logical_id]
    known = {"WebsocketAPI": API, "ArtifactBucket": ARTIFACTS}
    template = resources.Template(resources.read(parts.BUFFERS), PREFIX, known)
    policies = template.resolve(_with_logs(entry["Properties"]["Policies"]), logical_id)
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in policies}


def _with_logs(value: Any) -> Any:
    """The functions' log groups, which are no buffers, by their ARNs."""
    if isinstance(value, list):
        return [_with_logs(one) for one in value]
    if not isinstance(value, dict):
        return value
    logical_id = str(value.get("Fn::GetAtt", [""])[0])
    if logical_id.endswith("Logs"):
        return f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/aws/lambda/{logical_id}:*"
    return {name: _with_logs(one) for name, one in value.items()}


def session(pool: str = "lab", settings: Settings = SETTINGS, region: str = REGION) -> Document:
    """What is given to STS for a device of the pool."""
    aws = Clients(settings)
    aws.__dict__["sqs"] = SimpleNamespace(meta=SimpleNamespace(region_name=region))
    document: Document = json.loads(session_policy(aws, Device(DEVICE, pool, token_hash="")))
    return document
