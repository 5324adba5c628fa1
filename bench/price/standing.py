"""What a deployment has beside its messages: alarms, dashboard, metrics, CloudFront, access logs, recovery.

Without a price: budgets (the first two), the bus of alarms by mail, keys (AWS's own), X-Ray (off), a firewall
(none). Devices are priced apart, since they may be machines that are there anyhow.
"""

import re
from functools import cache
from typing import Any

from bench.price.scenes import HOURS_PER_MONTH
from bench.price.usage import Counts
from infra import parts

PAGE_REQUESTS, PAGE_BYTES = 12, 160_000
"""Of a first visit: the page's own files, packed; what is drawn by a large library comes on top."""
ACCESS_LOG_BYTES = 300
"""Of each HTTP request, each websocket message in and each end of a connection (infra/template/apis.yaml)."""
CELLS_PER_VISIT, CELL_GB, CELL_MONTHS = 0.01, 2048 / 2**30, 12
"""How many readers keep a cell, and how much is kept after a year."""


@cache
def _resources() -> dict[str, Any]:
    made: dict[str, Any] = parts.join(parts.FOLDER)["Resources"]
    return made


def alarm_metrics() -> int:
    """Metrics that the default stage's alarms look at: what CloudWatch bills an alarm by."""
    alarms = (
        one["Properties"]
        for one in _resources().values()
        if one.get("Type") == "AWS::CloudWatch::Alarm" and one.get("Condition") != "ScalesDevices"
    )
    return sum(
        sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in alarms
    )


def own_metrics() -> int:
    """Metrics of our own that alarms and dashboard show; each refusal that occurs is one more."""
    dashboard = _resources()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    return len(set(re.findall(r'"Longwire", "(\w+)"', dashboard)))


def usage(counts: Counts, visits: float) -> dict[str, float]:
    """Units by price, of a month with these counts."""
    asked = sum(count for name, count in counts.items() if name.startswith("gateway/rest."))
    opened = counts.get("gateway/lambda.websocket_connect", 0.0)
    logged = asked + counts.get("gateway/websocket.in", 0.0) + 2 * opened
    return {
        "alarm metrics": alarm_metrics(),
        "own metrics": own_metrics(),
        "dashboards": 1.0,
        "edge requests": visits * PAGE_REQUESTS + asked + opened,
        "edge function calls": asked + opened,
        "edge GB out": visits * PAGE_BYTES / 2**30,
        "access log GB": logged * ACCESS_LOG_BYTES / 2**30,
        "recoverable GB-months": visits * CELLS_PER_VISIT * CELL_GB * CELL_MONTHS,
    }


def devices(instance: str, hosts: int) -> dict[str, float]:
    """Units by price, of so many instances all month, each with a disk and an address."""
    hours = HOURS_PER_MONTH * hosts
    return {f"{instance} hours": hours, "disk GB-months": 20.0 * hosts, "address hours": hours}
