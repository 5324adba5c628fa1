"""AWS's list prices, each with its source and date; free tiers are left out."""

from collections.abc import Mapping
from dataclasses import dataclass

REGION = "us-east-1"
_ENDLESS = float("inf")


@dataclass(frozen=True)
class Price:
    """`unit`: what is billed; `tiers`: dollars a unit up to so many units a month, cheapest last.

    `source`: where AWS has it; `seen`: the date (year, month) of what it was read in; empty where it was
    known and not looked up.
    """

    unit: str
    tiers: tuple[tuple[float, float], ...]
    source: str
    seen: str

    @property
    def first(self) -> float:
        """Dollars a unit, for those who use little."""
        return self.tiers[0][1]

    def dollars(self, units: float) -> float:
        """What so many units cost in one month, each tier's part at its own price."""
        total, below = 0.0, 0.0
        for up_to, dollars in self.tiers:
            total += max(0.0, min(units, up_to) - below) * dollars
            below = up_to
        return total


def flat(unit: str, dollars: float, source: str, seen: str) -> Price:
    return Price(unit, ((_ENDLESS, dollars),), source, seen)


_M, _B = 1e6, 1e9
_TB = 1024.0
_GATEWAY = "aws.amazon.com/api-gateway/pricing"
_LAMBDA = "aws.amazon.com/lambda/pricing"
_TABLES = "aws.amazon.com/dynamodb/pricing/on-demand"
_WATCH = "aws.amazon.com/cloudwatch/pricing"
_EDGE = "aws.amazon.com/cloudfront/pricing"
_EC2 = "aws.amazon.com/ec2/pricing/on-demand"
_BALANCER = "aws.amazon.com/elasticloadbalancing/pricing"

PRICES: Mapping[str, Price] = {
    "websocket messages": Price(
        "message of 32 KB or part of it, either way",
        ((_B, 1.00 / _M), (_ENDLESS, 0.80 / _M)),
        _GATEWAY,
        "2025-05",
    ),
    "connection minutes": flat("minute of a websocket", 0.25 / _M, _GATEWAY, "2025-05"),
    "REST requests": Price(
        "request",
        ((333 * _M, 3.50 / _M), (_B, 2.80 / _M), (20 * _B, 2.38 / _M), (_ENDLESS, 1.51 / _M)),
        _GATEWAY,
        "2025-05",
    ),
    "function calls": flat("invocation", 0.20 / _M, _LAMBDA, "2024-11"),
    "function GB-seconds": Price(
        "second of 1 GB, x86",
        ((6 * _B, 0.0000166667), (15 * _B, 0.000015), (_ENDLESS, 0.0000133334)),
        _LAMBDA,
        "2024-11",
    ),
    "table writes": flat("1 KB or part of it of an item", 0.625 / _M, _TABLES, "2025-07"),
    "table reads": flat("4 KB or part of it; half where it may be late", 0.125 / _M, _TABLES, "2025-07"),
    "table GB-months": flat("GB for a month", 0.25, _TABLES, "2025-07"),
    "queue requests": Price(
        "request of 64 KB or part of it, empty receives too",
        ((100 * _B, 0.40 / _M), (200 * _B, 0.30 / _M), (_ENDLESS, 0.24 / _M)),
        "aws.amazon.com/sqs/pricing",
        "2026-06",
    ),
    "payload writes": flat("PUT", 0.005 / 1000, "aws.amazon.com/s3/pricing", "2026-09"),
    "payload reads": flat("GET", 0.0004 / 1000, "aws.amazon.com/s3/pricing", "2026-09"),
    "payload GB-months": flat("GB for a month", 0.023, "aws.amazon.com/s3/pricing", "2026-09"),
    "log GB": flat("GB taken in", 0.50, _WATCH, "2025-06"),
    "GB out": Price(
        "GB to the internet",
        ((10 * _TB, 0.09), (50 * _TB, 0.085), (150 * _TB, 0.07), (_ENDLESS, 0.05)),
        _EC2,
        "2026-06",
    ),
    "access log GB": flat("GB taken in", 0.50, _WATCH, "2025-06"),
    "alarm metrics": flat("metric that an alarm looks at, for a month", 0.10, _WATCH, "2026"),
    "own metrics": flat("metric for a month", 0.30, _WATCH, ""),
    "dashboards": flat("dashboard for a month", 3.00, _WATCH, ""),
    "edge requests": flat("request by HTTPS, in America or Europe", 0.0100 / 10_000, _EDGE, "2026-03"),
    "edge function calls": flat("call of a CloudFront function", 0.10 / _M, _EDGE, "2025"),
    "edge GB out": Price(
        "GB to readers in America or Europe",
        ((10 * _TB, 0.085), (50 * _TB, 0.080), (150 * _TB, 0.060), (_ENDLESS, 0.040)),
        _EDGE,
        "2026-03",
    ),
    "recoverable GB-months": flat("GB for a month", 0.20, _TABLES, ""),
    "t3.large hours": flat("hour: 2 burstable cores, 8 GB", 0.0832, _EC2, "2025-06"),
    "m6i.xlarge hours": flat("hour: 4 cores, 16 GB", 0.192, _EC2, ""),
    "disk GB-months": flat("GB for a month, gp3", 0.08, "aws.amazon.com/ebs/pricing", ""),
    "balancer hours": flat("hour of an ALB", 0.0225, _BALANCER, "2026-01"),
    "balancer unit hours": flat("hour of an LCU", 0.008, _BALANCER, "2026-01"),
    "address hours": flat("hour of a public IPv4 address", 0.005, "aws.amazon.com/vpc/pricing", "2026-01"),
}


def dollars(usage: Mapping[str, float]) -> float:
    """What a month with this usage costs."""
    return sum(PRICES[name].dollars(units) for name, units in usage.items())
