"""Temporary AWS credentials for a device, narrowed to what is its own."""

import json
from dataclasses import dataclass

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
    statements = [
        {
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            "Resource": [
                f"arn:aws:sqs:*:*:{names.pool_queue(device.pool)}",
                f"arn:aws:sqs:*:*:{names.device_queue(device.device_id)}",
            ],
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:PutItem", "dynamodb:Query"],
            "Resource": f"arn:aws:dynamodb:*:*:table/{names.table('iopub')}",
            "Condition": {
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{device.device_id}#*"]},
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        },
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject"],
            "Resource": f"arn:aws:s3:::{names.payload_bucket}/{device.device_id}/*",
        },
        # Connection ids cannot be guessed, and a device is told only those of its own sessions.
        {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def issue(aws: Clients, device: Device) -> Credentials:
    """Credentials that last an hour."""
    answer = aws.sts.assume_role(
        RoleArn=aws.settings.device_role_arn,
        RoleSessionName=f"device-{device.device_id}",
        DurationSeconds=LIFETIME,
        Policy=session_policy(aws, device),
    )["Credentials"]
    return Credentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        expires_at=answer["Expiration"].isoformat(),
    )
