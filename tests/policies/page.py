"""docs/policies.md: every call that the tests have judged, what IAM decides, and by which policy."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from infra import revocation
from tests.policies.documents import DEVICE, role, session
from tests.policies.evaluator import Call, Caller, Decision, decide
from tests.policies.hostile import HOSTILE, OTHER, SESSION, WORK, Attempt
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
    device = Caller(role("DeviceRole"), f"device-{DEVICE}", session())
    denial = revocation.denial([DEVICE], now=0)
    revoked = replace(device, role={**device.role, revocation.POLICY: denial})
    themes = {"Its work": WORK, **HOSTILE}
    everything = tuple(one for attempts in themes.values() for one in attempts)
    others = {name: (*tried.may, *tried.may_not) for name, tried in ROLES.items()}
    asked = [
        *((device, attempts) for attempts in themes.values()),
        (revoked, everything),
        *((Caller(role(name), "session"), attempts) for name, attempts in others.items()),
    ]
    decided = iter(_decided(asked))

    lines = [_HEAD]
    for theme, attempts in themes.items():
        lines += [f"## {theme}", "", "| it would | call | on | decision | why |", "|---|---|---|---|---|"]
        lines += map(_row, attempts, next(decided))
        lines.append("")
    denied = sum(decision.why == "the role denies it" for decision in next(decided))
    lines += ["## After a revocation", _REVOKED.format(count=len(everything), denied=denied)]
    lines += [_OTHERS, "| role | may, for one | may not |", "|---|---|---|"]
    for name, attempts in others.items():
        decisions = list(zip(attempts, next(decided), strict=True))
        may, may_not = (
            ", ".join(one.what for one, decision in decisions if decision.allowed is wanted)
            for wanted in (True, False)
        )
        lines.append(f"| `{name}`: {ROLES[name].words} | {may} | {may_not} |")
    return "\n".join(lines).rstrip() + "\n"


def _decided(asked: Sequence[tuple[Caller, Sequence[Attempt]]]) -> Iterator[list[Decision]]:
    """What comes of each group of attempts, by one run of the evaluator."""
    calls = [Call(caller, a.action, a.resource, a.context) for caller, attempts in asked for a in attempts]
    decisions = iter(decide(calls))
    for _, attempts in asked:
        yield [next(decisions) for _ in attempts]


def _row(attempt: Attempt, decision: Decision) -> str:
    keys = attempt.context.get("dynamodb:LeadingKeys", [])
    on = ", ".join([attempt.resource.split(":", 5)[-1], *(f"key {key}" for key in keys)])
    told = "allowed" if decision.allowed else "**denied**"
    return f"| {attempt.what} | `{attempt.action}` | `{_short(on)}` | {told} | {decision.why} |"


def _short(text: str) -> str:
    return text.replace(DEVICE, "{device}").replace(OTHER, "{other}").replace(SESSION, "{session}")
