"""The policies themselves: those of the template's roles, and the one that narrows a role to a device."""

from typing import Any

import yaml

from chalicelib.clients import Clients
from chalicelib.credentials import session_policy
from chalicelib.devices import Device
from chalicelib.settings import Settings
from infra.local import resources
from infra.local.aws import ACCOUNT_ID, REGION
from infra.local.options import Options

Document = dict[str, Any]

PREFIX = "longwire-prod"
API = "a1b2c3d4e5"
DEVICE = "0123456789abcdef01234567"
SETTINGS = Settings(
    prefix=PREFIX,
    connections_url=f"https://{API}.execute-api.{REGION}.amazonaws.com/api",
    device_role_arn=f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-device",
)


def role(logical_id: str) -> dict[str, Document]:
    """The policies of a role of the template, by name, with every reference resolved."""
    path = Options.resources
    assert path is not None
    known = {"WebsocketAPI": API}
    template = resources.Template(resources.read(path), PREFIX, known)
    entry = yaml.safe_load(path.read_text(encoding="utf-8"))["Resources"][logical_id]
    policies = template.resolve(entry["Properties"]["Policies"], logical_id)
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in policies}


def session(aws: Clients, pool: str = "lab", device_id: str = DEVICE) -> str:
    """What is given to STS for a device of the pool."""
    return session_policy(aws, Device(device_id, pool, token_hash=""))
