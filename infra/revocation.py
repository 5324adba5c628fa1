"""Takes everything from a device: its row, its sessions, its queue, what its credentials are good for.

Credentials of STS cannot be called back. So the device's role gets a policy that denies everything to those
it names, which IAM applies within seconds. It is made from the devices table, so that it says what the table
says, and it names a device for as long as its credentials may last.
"""

import json
import time
from datetime import UTC, datetime
from typing import Any

from chalicelib import credentials, devices, queues
from chalicelib.clients import Clients

POLICY = "revoked"
MARGIN = 300
"""Seconds: a clock that is wrong, and credentials that were being made while their device was revoked."""
MAX_NAMED = 150
"""The policies within a role may have 10,240 characters together; a name takes 37, the role's own 1,500."""

Document = dict[str, Any]


def revoke(aws: Clients, device_id: str, reason: str) -> bool:
    """From now on the device is refused everything; its sessions are lost, or queued again.

    Doing it again does what an earlier time left undone.

    :returns: False when there is no such device.
    :raises botocore.exceptions.ClientError: something of it could not be done.
    """
    device = devices.revoke(aws, device_id, reason)
    if device is None:
        return False
    enforce(aws)
    devices.lose_sessions(aws, device)
    if device.queue_url:
        queues.drop(aws, device.queue_url)
    return True


def enforce(aws: Clients) -> None:
    """Let the role's policy say which devices were revoked of late.

    It is looked again afterwards: of two operators at once the slower one would undo what the other did.
    """
    found = None
    while (seen := _revoked(aws)) != found:
        found = seen
        if found:
            document = json.dumps(denial(found, time.time()), separators=(",", ":"))
            aws.iam.put_role_policy(
                RoleName=aws.settings.device_role, PolicyName=POLICY, PolicyDocument=document
            )


def denial(device_ids: list[str], now: float) -> Document:
    """Everything is denied to sessions of these devices, the latest first.

    When they are too many to be named it is denied to all credentials of an earlier time than `now` (seconds
    since 1970): devices that were not revoked fetch new ones.
    """
    names = [f"*:{credentials.session_name(one)}" for one in device_ids[:MAX_NAMED]]
    statements = [_deny("StringLike", "aws:userid", names)]
    if len(device_ids) > MAX_NAMED:
        issued = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        statements.append(_deny("DateLessThan", "aws:TokenIssueTime", issued))
    return {"Version": "2012-10-17", "Statement": statements}


def _deny(operator: str, key: str, value: object) -> Document:
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}}


def _revoked(aws: Clients) -> list[str]:
    """The devices whose credentials may still last though they were revoked, the latest first."""
    since = time.time() - credentials.LIFETIME - MARGIN
    rows = [row for row in devices.listed(aws) if row["state"] == "revoked" and row["since"] > since]
    return [row["device_id"] for row in sorted(rows, key=lambda row: -row["since"])]
