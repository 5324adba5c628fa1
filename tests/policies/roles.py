"""Of every other role some of its work, and what an intruder would try who holds it."""

from dataclasses import dataclass

from infra.local.aws import ACCOUNT_ID, REGION
from tests.policies.documents import ARTIFACTS, PREFIX
from tests.policies.hostile import BUCKET, Attempt, connections, payload, queue, role, table

_HERE = f"{REGION}:{ACCOUNT_ID}"
_ADMIN = f"arn:aws:iam::{ACCOUNT_ID}:role/admin"
_AGENT = f"arn:aws:s3:::{ARTIFACTS}/agent/1.tar.gz"
_TOKEN = f"arn:aws:ssm:{_HERE}:parameter/longwire/{PREFIX}/enrolment-token"
_GROUP = f"arn:aws:autoscaling:{_HERE}:autoScalingGroup:1:autoScalingGroupName/{PREFIX}-devices"


@dataclass(frozen=True)
class Role:
    """What is tried with a role: `may` is of its work, `may_not` what an intruder would do."""

    words: str
    may: tuple[Attempt, ...]
    may_not: tuple[Attempt, ...]


_BECOME = Attempt("become a device", "sts:AssumeRole", role("device"))
_DEVICES = Attempt("make itself a device", "dynamodb:PutItem", table("devices"))
_TAKE = Attempt("take sessions from a pool", "sqs:ReceiveMessage", queue("sessions-default"))
_DUMP = tuple(
    Attempt(f"read all of the table {name}", "dynamodb:Scan", table(name))
    for name in ("sessions", "shell", "iopub", "permalinks")
)
_LIST = Attempt("list the payloads", "s3:ListBucket", f"arn:aws:s3:::{BUCKET}")
_WIDEN = Attempt("lift a revocation", "iam:DeleteRolePolicy", role("device"))
_PAGE = Attempt("replace the web page", "s3:PutObject", f"arn:aws:s3:::{PREFIX}-web/index.html")
_CLOSE = Attempt("close connections", "execute-api:ManageConnections", connections(method="DELETE"))
_ALWAYS = (_TAKE, *_DUMP, _LIST, _WIDEN, _PAGE, _CLOSE)

ROLES = {
    "WebsocketConnectRole": Role(
        "the function of `$connect`",
        (Attempt("record a connection", "dynamodb:PutItem", table("connections")),),
        (
            *_ALWAYS,
            _BECOME,
            _DEVICES,
            Attempt("see who watches", "dynamodb:Query", table("connections")),
            Attempt("read a session", "dynamodb:GetItem", table("sessions")),
            Attempt("post to a browser", "execute-api:ManageConnections", connections()),
        ),
    ),
    "WebsocketDisconnectRole": Role(
        "the function of `$disconnect`",
        (Attempt("forget a connection", "dynamodb:DeleteItem", table("connections")),),
        (
            *_ALWAYS,
            _BECOME,
            _DEVICES,
            Attempt("read a session", "dynamodb:GetItem", table("sessions")),
            Attempt("post to a browser", "execute-api:ManageConnections", connections()),
        ),
    ),
    "WebsocketMessageRole": Role(
        "the function of a browser's messages",
        (
            Attempt("write a request", "dynamodb:PutItem", table("shell")),
            Attempt("ring a device", "sqs:SendMessage", queue("device-0123")),
        ),
        (
            *_ALWAYS,
            _BECOME,
            _DEVICES,
            Attempt("write a payload", "s3:PutObject", payload("0123/4567/1/5e0f")),
            Attempt("take a permalink down", "dynamodb:UpdateItem", table("permalinks")),
            Attempt("delete a queue", "sqs:DeleteQueue", queue("device-0123")),
        ),
    ),
    "ApiHandlerRole": Role(
        "the function of the HTTP routes",
        (
            Attempt("enrol a device", "dynamodb:PutItem", table("devices")),
            Attempt("make its queue", "sqs:CreateQueue", queue("device-0123")),
            _BECOME,
        ),
        (
            *_ALWAYS,
            Attempt("become another role of the account", "sts:AssumeRole", _ADMIN),
            Attempt("replace what a device put away", "s3:PutObject", payload("0123/4567/1/5e0f")),
            Attempt("delete a device's row", "dynamodb:DeleteItem", table("devices")),
            Attempt("delete a permalink", "dynamodb:DeleteItem", table("permalinks")),
            Attempt("delete a pool's queue", "sqs:DeleteQueue", queue("sessions-default")),
        ),
    ),
    "SweepRole": Role(
        "the scheduled sweep",
        (
            Attempt("look at the devices", "dynamodb:Scan", table("devices")),
            Attempt("delete the queue of one long gone", "sqs:DeleteQueue", queue("device-0123")),
        ),
        (
            *_ALWAYS,
            _BECOME,
            Attempt("delete a pool's queue", "sqs:DeleteQueue", queue("sessions-default")),
            Attempt("read a payload", "s3:GetObject", payload("0123/4567/1/5e0f")),
        ),
    ),
    "DeviceInstanceRole": Role(
        "an EC2 device's machine, beside its device's credentials",
        (
            Attempt("fetch the agent", "s3:GetObject", _AGENT),
            Attempt("read the enrolment token", "ssm:GetParameter", _TOKEN),
            Attempt("say that it has drained", "autoscaling:CompleteLifecycleAction", _GROUP),
        ),
        (
            *_ALWAYS,
            _BECOME,
            _DEVICES,
            Attempt("replace the agent of all others", "s3:PutObject", _AGENT),
            Attempt("read the functions' code", "s3:GetObject", f"arn:aws:s3:::{ARTIFACTS}/functions/1.zip"),
            Attempt("write an enrolment token", "ssm:PutParameter", _TOKEN),
            Attempt("read another parameter", "ssm:GetParameter", f"arn:aws:ssm:{_HERE}:parameter/other"),
            Attempt("start machines", "autoscaling:SetDesiredCapacity", _GROUP),
        ),
    ),
}  # fmt: skip
