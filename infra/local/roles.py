"""Makes the role that devices work in, on which a revocation is written (infra/revocation.py)."""

import contextlib
import json

from infra import parts
from infra.local.aws import Endpoints
from infra.local.resources import Template, read


def create_device_role(stack_name: str, endpoints: Endpoints) -> None:
    """Make the template's DeviceRole, if it is not there; moto lets anybody take it, and enforces nothing."""
    role = parts.join(parts.FOLDER)["Resources"]["DeviceRole"]["Properties"]
    template = Template(read(parts.BUFFERS), stack_name, {"WebsocketAPI": "local"})
    name = template.resolve(role["RoleName"], "DeviceRole")
    iam = endpoints.client("iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    for policy in template.resolve(role["Policies"], "DeviceRole"):
        document = json.dumps(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
