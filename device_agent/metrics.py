"""The agent's figures in Prometheus' format, on a page that only this host can reach."""

from collections.abc import Iterator

from prometheus_client import (
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from chalicelib.tally import Tally
from device_agent.errors import Misconfigured

disable_created_metrics()  # type: ignore[no-untyped-call]

AGENT = Info("longwire_agent", "Version, sandbox level, pool and device id of this agent.")
SESSIONS = Gauge("longwire_sessions", "Sessions that this device has now.")
CAPACITY = Gauge("longwire_capacity_sessions", "Sessions that fit on this device.")
READY = Gauge("longwire_ready_kernels", "Kernels that stand ready.")
HEARTBEAT_AGE = Gauge("longwire_heartbeat_age_seconds", "Time since the service last answered a heartbeat.")
STARTS = Histogram(
    "longwire_session_start_seconds",
    "Time that a session waited for its kernel; the count is that of the starts.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
FIRST_OUTPUT = Histogram(
    "longwire_first_output_seconds",
    "Time from a session's claim to its first message on the way to the reader.",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
ENDS = Counter("longwire_session_ends", "Sessions that ended, by reason.", ["reason"])
OUTPUT = Counter("longwire_output_bytes", "Output of sessions that was sent on.")
DROPPED = Counter("longwire_output_dropped_bytes", "Output of sessions that their limits dropped.")


class Slowest:
    """The largest of some figures since it was last asked for."""

    def __init__(self) -> None:
        self._seconds: float | None = None

    def note(self, seconds: float) -> None:
        self._seconds = max(seconds, self._seconds or 0.0)

    def take(self) -> float | None:
        """:returns: None when there has been none since."""
        seconds, self._seconds = self._seconds, None
        return seconds


SLOWEST_FIRST_OUTPUT = Slowest()
"""What the heartbeat tells the service."""
TALLY = Tally()
"""Of all the AWS clients of this process."""


class _OfAws(Collector):
    """Read when somebody looks: a request of AWS costs no more for being shown here."""

    def collect(self) -> Iterator[CounterMetricFamily]:
        requests = CounterMetricFamily(
            "longwire_aws_requests", "Requests that were sent to AWS.", labels=["operation"]
        )
        units = CounterMetricFamily(
            "longwire_aws_units", "What AWS bills these requests as.", labels=["operation"]
        )
        size = CounterMetricFamily(
            "longwire_aws_bytes", "Bodies of these requests and answers.", labels=["operation", "direction"]
        )
        for operation, asked in TALLY.figures().items():
            requests.add_metric([operation], asked.requests)
            units.add_metric([operation], asked.units)
            size.add_metric([operation, "sent"], asked.sent)
            size.add_metric([operation, "received"], asked.received)
        yield from (requests, units, size)


REGISTRY.register(_OfAws())


def serve(port: int) -> None:
    """Serve the page at http://127.0.0.1:`port`/metrics; no port, no page.

    :raises Misconfigured: the port is taken.
    """
    if not port:
        return
    try:
        # Loopback only: the library's own default is every interface.
        start_http_server(port, addr="127.0.0.1")
    except OSError as error:
        raise Misconfigured(f"metrics.port: {port} cannot be used: {error.strerror}") from error
