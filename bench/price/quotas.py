"""AWS's quotas of an account and region, and at what load each would be met."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.price.bills import PEAK, Audience, readers
from bench.price.counted import Counts
from bench.price.scenes import together
from bench.price.usage import AWS_CALL_SECONDS, CORE_MB, WRITES, memory_mb

SECONDS_PER_DAY = 86_400
DRAG = "drag of a plot"
"""The scenario of a second of dragging that asks most."""
MINUTE = "idle minute of a device"
LOADS = ("readers dragging at once", "readers a day", "idle devices")


@dataclass(frozen=True)
class Quota:
    """`load`: how much of it so many counts take, each second or at once; `seen` as with prices."""

    name: str
    value: float
    load: Callable[[Counts], float]
    raised_by: str
    source: str
    seen: str


def _sum(counts: Counts, *parts: str) -> float:
    return sum(count for name, count in counts.items() if any(part in name for part in parts))


def gateway_requests(counts: Counts) -> float:
    """Requests of the REST API, websocket messages, and posts, which count too."""
    return _sum(counts, "gateway/rest.", "gateway/websocket.in", "requests/apigatewaymanagementapi.")


def busy_seconds(counts: Counts) -> float:
    """For which functions run: so many run at once, if this is of a second."""
    work = counts.get("cpu_seconds", 0.0) * CORE_MB / memory_mb()
    return work + _sum(counts, "router/requests/") * AWS_CALL_SECONDS


def connects(counts: Counts) -> float:
    return counts.get("gateway/lambda.websocket_connect", 0.0)


def writes(counts: Counts) -> float:
    """Of all tables: no single one takes more."""
    return _sum(counts, *(f"units/{operation}" for operation in WRITES))


def roles(counts: Counts) -> float:
    return _sum(counts, "requests/sts.")


_DOCS = "docs.aws.amazon.com/"
_ASK = "Service Quotas, at no charge"
_TABLES = f"{_DOCS}amazondynamodb/latest/developerguide/"
_GATEWAY = f"{_DOCS}apigateway/latest/developerguide/"
_LAMBDA = f"{_DOCS}lambda/latest/dg/gettingstarted-limits.html"

QUOTAS = (
    Quota(
        "functions at once, in a new account", 10, busy_seconds, f"use of it; else {_ASK}", _LAMBDA, ""
    ),
    Quota(
        "write units a second, of a table that is new", 4_000, writes, "twice the last peak, by itself in"
        " half an hour; at once by warm throughput", f"{_TABLES}on-demand-capacity-mode.html", "2025"
    ),
    Quota(
        "API Gateway requests a second", 10_000, gateway_requests, f"{_ASK}; a second region",
        f"{_GATEWAY}limits.html", "2026"
    ),
    Quota("functions at once", 1_000, busy_seconds, f"{_ASK}, to tens of thousands", _LAMBDA, "2026"),
    Quota("write units a second, of a table", 40_000, writes, _ASK, f"{_TABLES}ServiceQuotas.html", "2023"),
    Quota(
        "new websockets a second", 500, connects, _ASK,
        f"{_GATEWAY}apigateway-execution-service-websocket-limits-table.html", "2026"
    ),
)  # fmt: skip


def met(counted: Mapping[str, Counts]) -> list[dict[str, Any]]:
    """Each quota with the load that meets it: readers dragging at once, readers a day, idle devices."""
    visit = _visit(counted, readers(1))
    found = [
        {
            "name": quota.name,
            "value": quota.value,
            **dict(zip(LOADS, _reached(quota, counted, visit), strict=True)),
            "raised by": quota.raised_by,
            "source": quota.source,
            "seen": quota.seen,
        }
        for quota in QUOTAS
    ]
    return sorted(found, key=lambda quota: quota["readers a day"])


def first_met(counted: Mapping[str, Counts], audience: Audience) -> dict[str, Any]:
    """The quota of which an audience takes most at its busiest, and how many times all of it that is."""
    visit, idle = _visit(counted, audience), counted[MINUTE]

    def share(quota: Quota) -> float:
        begun = quota.load(visit) * audience.begun_a_second * PEAK
        return (begun + quota.load(idle) / 60 * audience.hosts) / quota.value

    first = max(QUOTAS, key=share)
    return {"name": first.name, "value": first.value, "share": share(first)}


def _reached(quota: Quota, counted: Mapping[str, Counts], visit: Counts) -> list[float | None]:
    loads = (
        quota.load(counted[DRAG]),
        quota.load(visit) * PEAK / SECONDS_PER_DAY,
        quota.load(counted[MINUTE]) / 60,
    )
    return [quota.value / load if load else None for load in loads]


def _visit(counted: Mapping[str, Counts], audience: Audience) -> Counts:
    """What one visit takes, from the page's opening to its end."""
    parts = {name: times / audience.visits for name, times in audience.of_readers().items()}
    return together(counted, parts, audience.minutes)
