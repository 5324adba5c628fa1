"""The scenarios whose price is asked for, made of what was counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.price.counted import Counts

HELLOS_PER_HOUR = 12
"""Of a page at rest: one in five minutes (web/src/channel/hello_times.ts), some more in its first hour."""
SECONDS_PER_HOUR, MINUTES_PER_HOUR, HOURS_PER_MONTH = 3600, 60, 730
SWEEPS_PER_MONTH = HOURS_PER_MONTH * MINUTES_PER_HOUR


@dataclass(frozen=True)
class Scene:
    """`parts`: how often each of what was counted happens; `minutes`: of websockets, all told."""

    name: str
    what: str
    parts: Mapping[str, float]
    minutes: float = 0.0

    def counts(self, counted: Mapping[str, Counts]) -> Counts:
        return together(counted, self.parts, self.minutes)


def together(counted: Mapping[str, Counts], parts: Mapping[str, float], minutes: float) -> Counts:
    """All parts, each so many times."""
    counts: Counts = {"connection minutes": minutes} if minutes else {}
    for name, times in parts.items():
        for key, count in counted[name].items():
            counts[key] = counts.get(key, 0.0) + times * count
    return counts


def idle_device(hours: float) -> dict[str, float]:
    return {"idle minute of a device": MINUTES_PER_HOUR * hours}


_REST: Mapping[str, float] = {"hello": HELLOS_PER_HOUR}

SCENES = (
    Scene(
        "1,000 runs",
        "a page is opened, Run pressed, the output shown, the session over; connected for a minute",
        {"run": 1000},
        1000,
    ),
    Scene(
        "1,000 runs with a slider",
        "as before, but the session stays for its idle time; connected for two minutes",
        {"run with a slider": 1000},
        2000,
    ),
    Scene("1,000 changes of a slider", "one at a time, all at rest in between", {"change": 1000}),
    *(
        Scene(
            f"an hour of dragging, {function}",
            f"one reader, 60 events a second without a pause, over {words}",
            {f"drag of {function}": SECONDS_PER_HOUR},
            MINUTES_PER_HOUR,
        )
        for function, words in (
            ("5 ms", "a function of 5 ms that prints"),
            ("100 ms", "a function of 100 ms that prints"),
            ("a plot", "a matplotlib plot"),
        )
    ),
    Scene(
        "an idle session-hour", "a page is open, its session kept, nothing is done", _REST, MINUTES_PER_HOUR
    ),
    Scene("1,000 idle devices, an hour", "no sessions: heartbeats and polls", idle_device(1000)),
    Scene(
        "a watcher, an hour",
        "joins a session, sees 1,000 changes, leaves",
        {"watcher joins and leaves": 1, "watcher of a change": 1000, **_REST},
        MINUTES_PER_HOUR,
    ),
    Scene("1,000 images of 1 MB", "stored, linked, fetched once each", {"image of 1 MB": 1000}),
    Scene("the service itself, a month", "nobody there: a sweep a minute", {"sweep": SWEEPS_PER_MONTH}),
)
