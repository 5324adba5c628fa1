"""From what was counted to what is billed: the lines of a price table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.price.prices import PRICES
from infra import parts

CORE_MB = 1769
"""The memory at which a Lambda has one whole core (developer guide, "Configure Lambda function memory")."""
AWS_CALL_SECONDS = 0.006
"""For which a function waits for each of its AWS calls: tables and queues answer in some milliseconds."""
PLATFORM_LOG_BYTES = 350
"""What Lambda itself logs of an invocation (START, END and REPORT)."""
HEADER_BYTES = 500
"""Of an HTTP answer, with TLS."""

Counts = Mapping[str, float]
"""Names as bench/price/counted.py gives them."""

WRITES = ("dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.DeleteItem", "dynamodb.BatchWriteItem")
_READS = ("dynamodb.GetItem", "dynamodb.BatchGetItem", "dynamodb.Query", "dynamodb.Scan")


@dataclass(frozen=True)
class Line:
    """`price`: which one; `counted`: requests by their names; `units`: what they are billed as."""

    price: str
    counted: Mapping[str, float]
    units: float

    @property
    def dollars(self) -> float:
        """At the price of those who use little."""
        return self.units * PRICES[self.price].first


def memory_mb() -> int:
    """The memory that the functions of the slider's path are deployed with."""
    functions = parts.read(parts.FOLDER / "functions.yaml")["Resources"]
    return int(functions["WebsocketMessage"]["Properties"]["MemorySize"])


def lines(counts: Counts) -> list[Line]:
    """The bill of what was counted, without what it takes no units of."""
    rest, functions = _under(counts, "gateway/rest."), _under(counts, "gateway/lambda.")
    queues = _asked(counts, lambda name: name.startswith("sqs."))
    writes, reads = _asked(counts, WRITES.__contains__), _asked(counts, _READS.__contains__)
    puts = _asked(counts, "s3.PutObject".__eq__)
    websocket = _under(counts, "gateway/websocket.")
    minutes, links = counts.get("connection minutes", 0.0), counts.get("links followed", 0.0)
    found = [
        Line("websocket messages", websocket, sum(websocket.values())),
        Line("connection minutes", {}, minutes),
        Line("REST requests", {_short(name): count for name, count in rest.items()}, sum(rest.values())),
        Line("function calls", functions, sum(functions.values())),
        Line("function GB-seconds", {}, _gb_seconds(counts, sum(functions.values()))),
        Line("table writes", writes, _units(counts, WRITES)),
        Line("table reads", reads, _units(counts, _READS)),
        Line("queue requests", queues, _units(counts, [f"sqs.{name}" for name in queues])),
        Line("payload writes", puts, sum(puts.values())),
        Line("payload reads", {}, links),
        Line("log GB", {}, _log_bytes(counts, sum(functions.values())) / 2**30),
        Line("GB out", {}, _bytes_out(counts) / 2**30),
    ]
    return [line for line in found if line.units > 0]


def usage(counts: Counts) -> dict[str, float]:
    """The units by price."""
    return {line.price: line.units for line in lines(counts)}


def _under(counts: Counts, prefix: str) -> dict[str, float]:
    return {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}


def _short(route: str) -> str:
    """`POST /devices/{device_id}/heartbeat` is called heartbeat."""
    last = route.rsplit("/", 1)[1]
    return route if last.startswith("{") else last


def _asked(counts: Counts, wanted: Callable[[str], bool]) -> dict[str, float]:
    """Requests of the operations wanted, of router and agent together."""
    found: dict[str, float] = {}
    for who in ("router", "agent"):
        for name, count in _under(counts, f"{who}/requests/").items():
            if wanted(name):
                short = name.partition(".")[2]
                found[short] = found.get(short, 0.0) + count
    return found


def _units(counts: Counts, operations: Iterable[str]) -> float:
    return sum(
        counts.get(f"{who}/units/{operation}", 0.0) for who in ("router", "agent") for operation in operations
    )


def _gb_seconds(counts: Counts, invocations: float) -> float:
    """CPU time costs the same at any memory below a core's; the waiting is paid by memory."""
    waits = sum(_under(counts, "router/requests/").values()) * AWS_CALL_SECONDS
    if not invocations:
        return 0.0
    return counts.get("cpu_seconds", 0.0) * CORE_MB / 1024 + waits * memory_mb() / 1024


def _log_bytes(counts: Counts, invocations: float) -> float:
    return counts.get("log_bytes", 0.0) + invocations * PLATFORM_LOG_BYTES if invocations else 0.0


def _bytes_out(counts: Counts) -> float:
    """What leaves AWS: to browsers, and to a device that is somewhere else."""
    answers = sum(_under(counts, "gateway/rest.").values()) + sum(_under(counts, "agent/requests/").values())
    return (
        counts.get("gateway/bytes.rest", 0.0)
        + counts.get("gateway/bytes.out", 0.0)
        + sum(_under(counts, "agent/received/").values())
        + answers * HEADER_BYTES
        + counts.get("bytes followed", 0.0)
    )
