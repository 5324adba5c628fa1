"""Monthly bills of three audiences, and what an always-on server for a class would cost."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.price import prices, standing, usage
from bench.price.counted import Counts
from bench.price.scenes import HELLOS_PER_HOUR, HOURS_PER_MONTH, SWEEPS_PER_MONTH, idle_device, together

DAYS = 30.4
KEPT_DAYS = 3
"""Rows expire after a day; DynamoDB takes some days to delete them."""
SESSIONS_PER_HOST = 40
"""On an m6i.xlarge: a session takes 100 MB, and one in ten is dragging."""
PEAK = 4
"""How many more are there at the busiest hour than on the average."""


@dataclass(frozen=True)
class Audience:
    """Readers of a month and what each does.

    `minutes`: connected; `drag_seconds`: half of them over a function of 100 ms, half over a plot.
    `hosts`: devices that are online all month. `begun_a_second`: visits, while the service is open to them.
    """

    name: str
    what: str
    visits: float
    runs: float
    drag_seconds: float
    minutes: float
    hosts: int
    begun_a_second: float

    def of_readers(self) -> dict[str, float]:
        """How often each of what was counted happens in a month, for them."""
        return {
            "run with a slider": self.visits * self.runs,
            "drag of 100 ms": self.visits * self.drag_seconds / 2,
            "drag of a plot": self.visits * self.drag_seconds / 2,
            "hello": self.visits * self.minutes / 60 * HELLOS_PER_HOUR,
        }

    def parts(self) -> dict[str, float]:
        """The same with what devices and the service do whoever is there."""
        always = {"sweep": SWEEPS_PER_MONTH, **idle_device(self.hosts * HOURS_PER_MONTH)}
        return self.of_readers() | always

    def usage(self, counted: Mapping[str, Counts]) -> dict[str, float]:
        """A month's units by price; every write is taken to stay as a row of its size."""
        counts = together(counted, self.parts(), self.visits * self.minutes)
        month = usage.usage(counts)
        stored = month["table writes"] * 1024 / 2**30 * KEPT_DAYS / DAYS
        return {**month, "table GB-months": stored, **standing.usage(counts, self.visits)}

    @property
    def device_dollars(self) -> float:
        """What its devices would cost as instances of EC2, all month; a single one is a t3.large."""
        instance = "t3.large" if self.hosts == 1 else "m6i.xlarge"
        return prices.dollars(standing.devices(instance, self.hosts))


def readers(a_day: int) -> Audience:
    minutes = 5.0
    at_once = a_day * minutes / (24 * 60) * PEAK
    hosts = max(1, math.ceil(at_once / SESSIONS_PER_HOST))
    what = f"each runs 2 cells with sliders, drags for 30 s, stays {minutes:g} minutes; {hosts} devices"
    name, a_second = f"{a_day:,} readers a day", a_day / (24 * 3600)
    return Audience(name, what, a_day * DAYS, 2, 30, minutes, hosts, a_second)


LESSONS, LESSON_MINUTES, PUPILS = 20, 90, 30
CLASS = Audience(
    "a class of 30",
    f"{LESSONS} lessons of {LESSON_MINUTES} minutes a month; each pupil runs 10 cells with sliders and"
    " drags for 5 minutes a lesson; 1 device",
    LESSONS * PUPILS,
    10,
    300,
    LESSON_MINUTES,
    1,
    PUPILS / (LESSON_MINUTES * 60),
)
AUDIENCES = (CLASS, readers(1_000), readers(1_000_000))

GROUPS: Mapping[str, tuple[str, ...]] = {
    "API Gateway": ("websocket messages", "connection minutes", "REST requests"),
    "Lambda": ("function calls", "function GB-seconds"),
    "DynamoDB": ("table writes", "table reads", "table GB-months", "recoverable GB-months"),
    "SQS": ("queue requests",),
    "S3, logs, data out": (
        "payload writes", "payload reads", "payload GB-months", "log GB", "access log GB", "GB out",
    ),
    "CloudFront": ("edge requests", "edge function calls", "edge GB out"),
    "alarms, metrics, dashboard": ("alarm metrics", "own metrics", "dashboards"),
}  # fmt: skip


def grouped(month: Mapping[str, float]) -> dict[str, float]:
    """Dollars by service."""
    return {
        group: prices.dollars({name: month[name] for name in names if name in month})
        for group, names in GROUPS.items()
    }


@dataclass(frozen=True)
class Server:
    """What is paid for all month, whoever comes."""

    name: str
    units: Mapping[str, float]

    @property
    def dollars(self) -> float:
        return prices.dollars(self.units)


_DISK: Mapping[str, float] = {"disk GB-months": 30, "address hours": HOURS_PER_MONTH}
_BALANCER: Mapping[str, float] = {
    "balancer hours": HOURS_PER_MONTH,
    "balancer unit hours": HOURS_PER_MONTH,
    "address hours": 3 * HOURS_PER_MONTH,  # of the balancer in two zones, and of the server
}
LESSON_HOURS = LESSONS * LESSON_MINUTES / 60

SERVERS = (
    Server("Jupyter on a t3.large, always on", {"t3.large hours": HOURS_PER_MONTH, **_DISK}),
    Server(
        "the same behind a load balancer",
        {"t3.large hours": HOURS_PER_MONTH, **_DISK, **_BALANCER},
    ),
    Server(
        "Jupyter on an m6i.xlarge behind a load balancer",
        {"m6i.xlarge hours": HOURS_PER_MONTH, **_DISK, **_BALANCER},
    ),
)
HOST_FOR_LESSONS = Server(
    "a t3.large that runs during lessons",
    {"t3.large hours": LESSON_HOURS, "disk GB-months": 30, "address hours": LESSON_HOURS},
)
