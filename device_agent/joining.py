"""How a device joins its pool: says who it is, is told what it needs to know, and checks whether it may."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from chalicelib.settings import Settings
from device_agent import identity
from device_agent.clock import elapsed
from device_agent.errors import ClockSkewed, Misconfigured, TooWeak
from device_agent.identity import Identity
from device_agent.policy import Policy
from device_agent.router import Router
from device_agent.sandbox.levels import weaker
from device_agent.settings import AgentSettings

MAX_SKEW = 240.0
"""Seconds: AWS refuses what was signed more than 5 minutes ago or ahead."""


@dataclass(frozen=True)
class Joined:
    """A run of a device, and all that the service tells of itself; times in seconds.

    `report_every`: after how many seconds of computing a session says so; 0: never, also of an older service.
    `lease`: of silence after which the service gives the device's sessions up; it began at `since`.
    """

    device: Identity
    run: int
    policy: Policy
    pool_queue: str
    device_queue: str
    service: Settings
    heartbeat_interval: float
    lease: float
    report_every: float
    since: float


async def join(router: Router, settings: AgentSettings) -> Joined:
    """Begin a new run of the device, which enrols first if need be.

    :raises Unreachable: the service does not answer.
    :raises ClockSkewed: AWS would not accept what this host signs.
    :raises Refused, Revoked, TooOld: the service does not let the device in.
    """
    await router.health()
    check_clock(router.skew)
    device = await identity.identify(router, settings.state_dir, settings.enrolment_token)
    since = elapsed()
    started = await router.start(identity.facts(), settings.sandbox)
    device = identity.learn(settings.state_dir, device, started["pool"], tuple(started["labels"]))
    names = started["settings"]
    return Joined(
        device=device,
        run=started["run"],
        policy=policy_of(started["policy"]),
        pool_queue=started["queues"]["pool"],
        device_queue=started["queues"]["device"],
        service=Settings(
            names["prefix"],
            names["connections_url"],
            device_role_arn="",
            own_payload_bucket=names.get("payload_bucket", ""),
            region=names.get("region"),
        ),
        heartbeat_interval=names["heartbeat_interval"],
        lease=names["lease"],
        report_every=names.get("report_every", 0.0),
        since=since,
    )


def check_clock(skew: float) -> None:
    """:raises ClockSkewed: the clock is too far ahead (positive) or behind (negative seconds)."""
    if abs(skew) > MAX_SKEW:
        direction = "ahead of" if skew > 0 else "behind"
        raise ClockSkewed(
            f"this host's clock is {abs(skew):.0f} s {direction} the service's: set it "
            "(`timedatectl set-ntp true`), AWS refuses requests with a wrong time"
        )


def policy_of(told: Mapping[str, Any]) -> Policy:
    """A pool's policy as the service tells it; what it does not tell is as by default."""
    known = {field.name: told[field.name] for field in fields(Policy) if field.name in told}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in known.items()
    }
    return Policy(**values)


def check(joined: Joined, settings: AgentSettings) -> None:
    """Whether this host does what its pool asks, and is what its owner takes it for.

    :raises TooWeak: sessions would be enclosed less strongly than the pool asks.
    :raises Misconfigured: labels are missing that the owner expects.
    """
    asked = joined.policy.sandbox
    if weaker(settings.sandbox, asked):
        raise TooWeak(
            f"the pool {joined.device.pool} asks for the sandbox level {asked}, and this agent runs at "
            f"{settings.sandbox}: `longwire-agent doctor` says what this host can enforce"
        )
    if missing := sorted(set(settings.labels) - set(joined.device.labels)):
        raise Misconfigured(
            f"labels: the enrolment did not give this device {', '.join(missing)}: only the operator's "
            "token gives labels; enrol with one that does, or take them out of agent.toml"
        )
