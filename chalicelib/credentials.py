"""Temporary AWS credentials for a device, narrowed to what is its own."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.clients import Clients
from chalicelib.devices import Device

LIFETIME = 3600
MAX_POLICY_CHARACTERS = 2048
"""What STS AssumeRole takes as a session policy."""


@dataclass(frozen=True)
class Credentials:
    """What boto3 needs; `expires_at` in ISO 8601."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: str


def session_policy(aws: Clients, device: Device) -> str:
    """What the device may do: its two queues, its own partitions of iopub, its own payloads, posting."""
    names = aws.settings
    _, partition, _, _, account, _ = names.device_role_arn.split(":", 5)
    here = f"{aws.sqs.meta.region_name}:{account}"
    posting = urlsplit(names.connections_url)
    api = (posting.hostname or "").partition(".")[0]
    statements = [
        {
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            "Resource": [
                f"arn:{partition}:sqs:{here}:{names.pool_queue(device.pool)}",
                f"arn:{partition}:sqs:{here}:{names.device_queue(device.device_id)}",
            ],
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:Query"],
            "Resource": f"arn:{partition}:dynamodb:{here}:table/{names.table('iopub')}",
            "Condition": {
                # True of a request without keys, too: that is ruled out by itself.
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{device.device_id}#*"]},
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        },
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject"],
            "Resource": f"arn:{partition}:s3:::{names.payload_bucket}/{device.device_id}/*",
        },
        # Connection ids cannot be guessed, and a device is told only those of its own sessions.
        {
            "Effect": "Allow",
            "Action": "execute-api:ManageConnections",
            "Resource": f"arn:{partition}:execute-api:{here}:{api}{posting.path}/POST/@connections/*",
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def session_name(device_id: str) -> str:
    """The name of the device's sessions with AWS, by which `infra/revocation.py` finds them."""
    return f"device-{device_id}"


def issue(aws: Clients, device: Device) -> Credentials:
    """Credentials that last an hour."""
    answer = aws.sts.assume_role(
        RoleArn=aws.settings.device_role_arn,
        RoleSessionName=session_name(device.device_id),
        DurationSeconds=LIFETIME,
        Policy=session_policy(aws, device),
    )["Credentials"]
    return Credentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        expires_at=answer["Expiration"].isoformat(),
    )
