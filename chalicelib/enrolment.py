"""Enrolment tokens: an operator's word that a device may join a pool, kept as a hash until it is used up."""

import time
from dataclasses import dataclass

from botocore.exceptions import ClientError

from chalicelib import tokens
from chalicelib.clients import Clients
from chalicelib.errors import NotAuthorized
from chalicelib.items import condition_failed, from_item, to_item

# Without it some tokens would begin with "-", and look like an option on a command line.
_PREFIX = "longwire-"


@dataclass(frozen=True)
class Enrolment:
    """What a token gives the device that uses it; a device cannot choose either."""

    pool: str
    labels: tuple[str, ...] = ()


def issue(aws: Clients, enrolment: Enrolment, uses: int = 1, lasts: float = 3600.0) -> str:
    """A fresh token with which `uses` devices can enrol within `lasts` seconds. It is told this once."""
    token = _PREFIX + tokens.new_token()
    row = {
        "device_id": _id(token),
        "pool": enrolment.pool,
        "labels": list(enrolment.labels),
        "remaining": uses,
        "expires_at": int(time.time() + lasts),
    }
    aws.dynamodb.put_item(TableName=aws.settings.table("devices"), Item=to_item(row))
    return token


def redeem(aws: Clients, token: str) -> Enrolment:
    """Use a token once. A row that is used up goes when it expires.

    :raises NotAuthorized: the token is unknown, used up or expired.
    """
    try:
        answer = aws.dynamodb.update_item(
            TableName=aws.settings.table("devices"),
            Key=to_item({"device_id": _id(token)}),
            UpdateExpression="SET remaining = remaining - :one",
            ConditionExpression="remaining >= :one AND expires_at > :now",
            ExpressionAttributeValues=to_item({":one": 1, ":now": int(time.time())}),
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if condition_failed(error) is None:
            raise
        answer = {"Attributes": {}}  # type: ignore[typeddict-item]
    row = from_item(answer["Attributes"])
    if row is None:
        raise NotAuthorized("the enrolment token is unknown, used up or expired", "enrolment_token")
    return Enrolment(row["pool"], tuple(row.get("labels", ())))


def give_back(aws: Clients, token: str) -> None:
    """A use came to nothing: the token is good for one more."""
    aws.dynamodb.update_item(
        TableName=aws.settings.table("devices"),
        Key=to_item({"device_id": _id(token)}),
        UpdateExpression="SET remaining = remaining + :one",
        ConditionExpression="attribute_exists(remaining)",
        ExpressionAttributeValues=to_item({":one": 1}),
    )


def withdraw(aws: Clients, token: str) -> None:
    """Let a token be good no more; devices that have enrolled with it stay. Idempotent."""
    aws.dynamodb.delete_item(TableName=aws.settings.table("devices"), Key=to_item({"device_id": _id(token)}))


def _id(token: str) -> str:
    return f"enrolment#{tokens.hash_token(token)}"
