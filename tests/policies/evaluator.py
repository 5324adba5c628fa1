"""Asks the evaluator (@cloud-copilot/iam-simulate) what IAM would decide of calls, many at a time."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.aws import ACCOUNT_ID
from tests.policies.documents import Document

_HERE = Path(__file__).parent
_WORDS = {
    ("Allowed", "Allowed"): "role and session policy allow it",
    ("Allowed", None): "the role allows it",
    ("Allowed", "ImplicitlyDenied"): "the session policy does not allow it",
    ("ImplicitlyDenied", "ImplicitlyDenied"): "neither role nor session policy allows it",
    ("ImplicitlyDenied", None): "the role does not allow it",
}


@dataclass(frozen=True)
class Caller:
    """Who calls: the policies of a role by name, and the policy of its session if it has one.

    `issued_at`: when it got its credentials, in ISO 8601.
    """

    role: Mapping[str, Document]
    session_name: str
    session: Document | None = None
    issued_at: str = "2026-11-24T12:00:00Z"

    @property
    def user_id(self) -> str:
        return f"AROAEXAMPLEEXAMPLE123:{self.session_name}"


@dataclass(frozen=True)
class Call:
    """One call of AWS; `context` has the condition keys that AWS would take from the request."""

    caller: Caller
    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What IAM would say: whether the call is allowed, and by which policy it is so."""

    allowed: bool
    why: str


def decide(calls: Iterable[Call]) -> list[Decision]:
    """One decision for each call, by one run of the evaluator.

    :raises subprocess.CalledProcessError: a policy is malformed, or there is no such action, resource or key.
    """
    asked = json.dumps([_simulation(call) for call in calls])
    command = ["node", str(_HERE / "simulate.mjs")]
    answer = subprocess.run(command, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    return [_decision(one) for one in json.loads(answer.stdout)]


def _simulation(call: Call) -> dict[str, Any]:
    caller = call.caller
    return {
        "request": {
            "principal": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/role/{caller.session_name}",
            "action": call.action,
            "resource": {"resource": call.resource, "accountId": ACCOUNT_ID},
            "contextVariables": {
                "aws:userid": caller.user_id,
                "aws:TokenIssueTime": caller.issued_at,
                **call.context,
            },
        },
        "identityPolicies": [{"name": name, "policy": policy} for name, policy in caller.role.items()],
        **({"sessionPolicy": caller.session} if caller.session else {}),
    }


def _decision(answer: dict[str, str | None]) -> Decision:
    role, session = answer["role"], answer.get("session")
    if role == "ExplicitlyDenied":
        return Decision(False, "the role denies it")
    return Decision(answer["decision"] == "Allowed", _WORDS[str(role), session])
