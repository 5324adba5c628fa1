"""What a device asks of AWS in its work, and what a hostile host would try with its credentials."""

from dataclasses import dataclass, field
from typing import Any

from infra.local.aws import ACCOUNT_ID, REGION
from tests.policies.documents import API, DEVICE, PREFIX, SETTINGS

OTHER = "fedcba9876543210fedcba98"
"""Another device, of the same pool."""
SESSION = "00112233445566778899aabb"
BUCKET = SETTINGS.payload_bucket
_HERE = f"{REGION}:{ACCOUNT_ID}"


@dataclass(frozen=True)
class Attempt:
    """A call in words and as IAM sees it: `context` has the condition keys that AWS takes from it."""

    what: str
    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)


def queue(name: str) -> str:
    return f"arn:aws:sqs:{_HERE}:{PREFIX}-{name}"


def table(name: str) -> str:
    return f"arn:aws:dynamodb:{_HERE}:table/{PREFIX}-{name}"


def payload(key: str) -> str:
    return f"arn:aws:s3:::{BUCKET}/{key}"


def connections(api: str = API, stage: str = "api", method: str = "POST") -> str:
    return f"arn:aws:execute-api:{_HERE}:{api}/{stage}/{method}/@connections/Tm9ib2R5QXRBbGw="


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-{name}"


def _keys(*partitions: str) -> dict[str, Any]:
    """What IAM is told of a call's partition keys."""
    return {"dynamodb:LeadingKeys": list(partitions)}


_MINE, _THEIRS = f"{DEVICE}#{SESSION}#1", f"{OTHER}#{SESSION}#1"
_IOPUB = table("iopub")

WORK = (
    Attempt("wait for sessions in its pool's queue", "sqs:ReceiveMessage", queue("sessions-lab")),
    Attempt("give a session back to its pool", "sqs:ChangeMessageVisibility", queue("sessions-lab")),
    Attempt("take a session out of its pool's queue", "sqs:DeleteMessage", queue("sessions-lab")),
    Attempt("wait for bells in its own queue", "sqs:ReceiveMessage", queue(f"device-{DEVICE}")),
    Attempt("delete a bell that it has heard", "sqs:DeleteMessage", queue(f"device-{DEVICE}")),
    Attempt("write output of a session of its own", "dynamodb:PutItem", _IOPUB, _keys(_MINE)),
    Attempt("read output of a session of its own", "dynamodb:Query", _IOPUB, _keys(_MINE)),
    Attempt("put a large output away", "s3:PutObject", payload(f"{DEVICE}/{SESSION}/1/5e0f")),
    Attempt("make a link to a large output", "s3:GetObject", payload(f"{DEVICE}/{SESSION}/1/5e0f")),
    Attempt("post output to a browser", "execute-api:ManageConnections", connections()),
)
"""Everything that the agent does (device_agent/)."""

_QUEUES = (
    Attempt("hear another device's bells", "sqs:ReceiveMessage", queue(f"device-{OTHER}")),
    Attempt("delete another device's bells", "sqs:DeleteMessage", queue(f"device-{OTHER}")),
    Attempt("hide another device's bells", "sqs:ChangeMessageVisibility", queue(f"device-{OTHER}")),
    Attempt("take sessions of another pool", "sqs:ReceiveMessage", queue("sessions-default")),
    Attempt("delete sessions of another pool", "sqs:DeleteMessage", queue("sessions-default")),
    Attempt("of a pool whose name begins like its own", "sqs:ReceiveMessage", queue("sessions-lab-2")),
    Attempt("read the dead letters", "sqs:ReceiveMessage", queue("dead-letters")),
    Attempt("ring its own bell", "sqs:SendMessage", queue(f"device-{DEVICE}")),
    Attempt("ring another device's bell", "sqs:SendMessage", queue(f"device-{OTHER}")),
    Attempt("put a session of its making into its pool", "sqs:SendMessage", queue("sessions-lab")),
    Attempt("empty its pool's queue", "sqs:PurgeQueue", queue("sessions-lab")),
    Attempt("delete its own queue", "sqs:DeleteQueue", queue(f"device-{DEVICE}")),
    Attempt("delete its pool's queue", "sqs:DeleteQueue", queue("sessions-lab")),
    Attempt("make a queue", "sqs:CreateQueue", queue("device-mine")),
    Attempt("open its queue to others", "sqs:SetQueueAttributes", queue(f"device-{DEVICE}")),
    Attempt("let somebody else use its queue", "sqs:AddPermission", queue(f"device-{DEVICE}")),
    Attempt("look at its pool's queue", "sqs:GetQueueAttributes", queue("sessions-lab")),
    Attempt("list the queues", "sqs:ListQueues", "*"),
    Attempt(
        "hear a queue of the same name in another region",
        "sqs:ReceiveMessage",
        queue("sessions-lab").replace(REGION, "eu-west-1"),
    ),
)

_TABLES = (
    Attempt("write output into another device's session", "dynamodb:PutItem", _IOPUB, _keys(_THEIRS)),
    Attempt("read output of another device's session", "dynamodb:Query", _IOPUB, _keys(_THEIRS)),
    Attempt("write its own and another's at once", "dynamodb:PutItem", _IOPUB, _keys(_MINE, _THEIRS)),
    Attempt("of a device whose id begins like its own", "dynamodb:Query", _IOPUB, _keys(f"{DEVICE}0#1#1")),
    Attempt("of a partition named after it alone", "dynamodb:PutItem", _IOPUB, _keys(DEVICE)),
    Attempt("read output without naming a partition", "dynamodb:Query", _IOPUB),
    Attempt("read all output", "dynamodb:Scan", _IOPUB),
    Attempt("read one row of its own", "dynamodb:GetItem", _IOPUB, _keys(_MINE)),
    Attempt("change a row of its own", "dynamodb:UpdateItem", _IOPUB, _keys(_MINE)),
    Attempt("delete a row of its own", "dynamodb:DeleteItem", _IOPUB, _keys(_MINE)),
    Attempt("write many rows at once", "dynamodb:BatchWriteItem", _IOPUB, _keys(_MINE)),
    Attempt("read many rows at once", "dynamodb:BatchGetItem", _IOPUB, _keys(_MINE)),
    Attempt("read by PartiQL", "dynamodb:PartiQLSelect", _IOPUB, _keys(_MINE)),
    Attempt("write by PartiQL", "dynamodb:PartiQLInsert", _IOPUB, _keys(_MINE)),
    Attempt("change by PartiQL", "dynamodb:PartiQLUpdate", _IOPUB, _keys(_MINE)),
    Attempt("delete by PartiQL", "dynamodb:PartiQLDelete", _IOPUB, _keys(_MINE)),
    Attempt("read an index", "dynamodb:Query", f"{table('sessions')}/index/by_device", _keys(DEVICE)),
    Attempt("read the table's stream", "dynamodb:GetRecords", f"{_IOPUB}/stream/2026-11-24T00:00:00.000"),
    Attempt("export the table", "dynamodb:ExportTableToPointInTime", _IOPUB),
    Attempt("take the table's TTL away", "dynamodb:UpdateTimeToLive", _IOPUB),
    Attempt("delete the table", "dynamodb:DeleteTable", _IOPUB),
    Attempt("list the tables", "dynamodb:ListTables", "*"),
    *(
        Attempt(f"{verb} the table {name}", action, table(name), _keys(_MINE))
        for name in (
            "sessions", "shell", "control", "stdin", "connections", "devices", "permalinks", "reports",
        )
        for verb, action in (("read", "dynamodb:Query"), ("write", "dynamodb:PutItem"))
    ),
)  # fmt: skip

_PAYLOADS = (
    Attempt("read another device's payload", "s3:GetObject", payload(f"{OTHER}/{SESSION}/1/5e0f")),
    Attempt("replace another device's payload", "s3:PutObject", payload(f"{OTHER}/{SESSION}/1/5e0f")),
    Attempt("of one whose id begins like its own", "s3:GetObject", payload(f"{DEVICE}0/{SESSION}/1/5e0f")),
    Attempt("read what a browser has put away", "s3:GetObject", payload(f"uploads/{SESSION}/5e0f")),
    Attempt("replace what a browser has put away", "s3:PutObject", payload(f"uploads/{SESSION}/5e0f")),
    Attempt("delete a payload of its own", "s3:DeleteObject", payload(f"{DEVICE}/{SESSION}/1/5e0f")),
    Attempt("make a payload of its own public", "s3:PutObjectAcl", payload(f"{DEVICE}/{SESSION}/1/5e0f")),
    Attempt("list the payloads", "s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
    Attempt("open the bucket", "s3:PutBucketPolicy", f"arn:aws:s3:::{BUCKET}"),
    Attempt("replace the web page", "s3:PutObject", f"arn:aws:s3:::{PREFIX}-web/index.html"),
    Attempt("read a bucket of somebody else's", "s3:GetObject", f"arn:aws:s3:::elsewhere/{DEVICE}/1"),
    Attempt("write into a bucket of its own, with our name on it", "s3:PutObject", "arn:aws:s3:::mine/1"),
    Attempt("list the buckets", "s3:ListAllMyBuckets", "*"),
)  # fmt: skip

_REST = (
    Attempt("post by another API of the account", "execute-api:ManageConnections", connections("zzzzzzzzzz")),
    Attempt("post by another stage", "execute-api:ManageConnections", connections(stage="test")),
    Attempt("look who a connection is", "execute-api:ManageConnections", connections(method="GET")),
    Attempt("close a connection", "execute-api:ManageConnections", connections(method="DELETE")),
    Attempt("become this role anew, without the session policy", "sts:AssumeRole", role("device")),
    Attempt("become the function's role", "sts:AssumeRole", role("api-handler")),
    Attempt("get a token of the account", "sts:GetSessionToken", "*"),
    Attempt("widen its role", "iam:PutRolePolicy", role("device")),
    Attempt("lift a revocation", "iam:DeleteRolePolicy", role("device")),
    Attempt("read its role", "iam:GetRole", role("device")),
    Attempt("make a user", "iam:CreateUser", f"arn:aws:iam::{ACCOUNT_ID}:user/mine"),
    Attempt(
        "call a function", "lambda:InvokeFunction", f"arn:aws:lambda:{_HERE}:function:{PREFIX}-APIHandler"
    ),
    Attempt(
        "replace a function's code",
        "lambda:UpdateFunctionCode",
        f"arn:aws:lambda:{_HERE}:function:{PREFIX}-APIHandler",
    ),
    Attempt(
        "read the functions' logs", "logs:FilterLogEvents", f"arn:aws:logs:{_HERE}:log-group:/aws/lambda/x"
    ),
    Attempt(
        "read the devices' enrolment token",
        "ssm:GetParameter",
        f"arn:aws:ssm:{_HERE}:parameter/{PREFIX}/enrolment-token",
    ),
    Attempt("read a secret", "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{_HERE}:secret:x"),
    Attempt("decrypt", "kms:Decrypt", f"arn:aws:kms:{_HERE}:key/1"),
    Attempt("put figures of its own", "cloudwatch:PutMetricData", "*"),
    Attempt("silence the alarms", "cloudwatch:DisableAlarmActions", f"arn:aws:cloudwatch:{_HERE}:alarm:x"),
    Attempt("start machines", "ec2:RunInstances", f"arn:aws:ec2:{_HERE}:instance/i-1"),
    Attempt(
        "delete the service",
        "cloudformation:DeleteStack",
        f"arn:aws:cloudformation:{_HERE}:stack/{PREFIX}/1",
    ),
)

HOSTILE = {"Queues": _QUEUES, "Tables": _TABLES, "Payloads": _PAYLOADS, "Everything else": _REST}
"""What a hostile host would try, by theme."""
