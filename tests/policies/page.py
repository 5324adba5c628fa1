"""docs/policies.md: every call that the tests have judged, what IAM decides, and by which policy."""

from collections.abc import Iterable
from dataclasses import replace

from infra import revocation
from tests.policies.documents import DEVICE, role, session
from tests.policies.evaluator import Caller, Decision
from tests.policies.hostile import HOSTILE, OTHER, SESSION, WORK, Attempt
from tests.policies.judging import judged
from tests.policies.roles import ROLES

_HEAD = """# What a device may ask of AWS

A device's credentials come from STS: they can do what the template's device role allows **and** the session policy that the service gives with them (`chalicelib/credentials.py`), which names the device's own queue, its pool's queue, its own partitions of one table by leading key, its own folder of the payload bucket, and posting to connections of this API's stage. Below is what IAM decides of the agent's own calls and of those that a hostile host would try, judged by [iam-simulate](https://github.com/cloud-copilot/iam-simulate), an evaluator of IAM's rules, on the template's role and the session policy as they are. `python -m tests.policies` writes this page; a test compares it, and fails when a hostile call is allowed or one of the work is not.

`{device}` is the device that asks, of the pool `lab`; `{other}` another one of the same pool. What its work allows a hostile device of a pool, too: to take sessions out of its pool's queue and not serve them, and to write what it likes into the sessions that are its own. Devices that are not to be trusted with each other's readers belong into pools of their own.
"""  # noqa: E501
_REVOKED = """
After `python -m infra.operator device revoke` the role denies this device everything: all {count} calls of this page were judged once more with the policy that the command writes, and {denied} were denied by it ([how, and how fast](operations.md#revoke-a-device)).
"""  # noqa: E501

_OTHERS = """
## The other roles

Each function has a role of its own, and so has an EC2 device's machine. Some of what each does, and what an intruder would try who has taken it:
"""  # noqa: E501


def page() -> str:
    """The page in Markdown."""
    caller = Caller(role("DeviceRole"), f"device-{DEVICE}", session())
    lines = [_HEAD]
    for theme, attempts in {"Its work": WORK, **HOSTILE}.items():
        lines += [f"## {theme}", "", "| it would | call | on | decision | why |", "|---|---|---|---|---|"]
        lines += map(_row, attempts, _judge(caller, attempts))
        lines.append("")
    everything = [*WORK, *(one for attempts in HOSTILE.values() for one in attempts)]
    denial = revocation.denial([DEVICE], now=0)
    revoked = replace(caller, role={**caller.role, revocation.POLICY: denial})
    denied = sum("denies" in decision.why for decision in _judge(revoked, everything))
    lines += ["## After a revocation", _REVOKED.format(count=len(everything), denied=denied)]
    lines += [_OTHERS, "| role | may, for one | may not |", "|---|---|---|"]
    for logical_id, tried in ROLES.items():
        decisions = judged(Caller(role(logical_id), "session"), (*tried.may, *tried.may_not))
        lists = [
            ", ".join(f"{what}" for what, decision in decisions.items() if decision.allowed is wanted)
            for wanted in (True, False)
        ]
        lines.append(f"| `{logical_id}`: {tried.words} | {lists[0]} | {lists[1]} |")
    return "\n".join(lines).rstrip() + "\n"


def _judge(caller: Caller, attempts: Iterable[Attempt]) -> list[Decision]:
    return list(judged(caller, attempts).values())


def _row(attempt: Attempt, decision: Decision) -> str:
    keys = attempt.context.get("dynamodb:LeadingKeys", [])
    on = ", ".join([attempt.resource.split(":", 5)[-1], *(f"key {key}" for key in keys)])
    told = "allowed" if decision.allowed else "**denied**"
    return f"| {attempt.what} | `{attempt.action}` | `{_short(on)}` | {told} | {decision.why} |"


def _short(text: str) -> str:
    return text.replace(DEVICE, "{device}").replace(OTHER, "{other}").replace(SESSION, "{session}")
