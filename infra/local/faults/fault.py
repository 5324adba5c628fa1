"""Faults on purpose: which calls of which service go wrong, how, how often and for how long."""

import json
import random
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Literal

Service = Literal["dynamodb", "s3", "sts", "sqs", "api", "connections"]
Kind = Literal["throttled", "failed", "cut", "late", "twice"]

CONTROL_PATH = "/_local/faults"
LONGEST_DELAY = 60.0


@dataclass(frozen=True)
class Fault:
    """Calls of a service that go wrong.

    operation, target: patterns, as `PutItem` and `*-sessions` (a table, queue or bucket). Of `api` they are
        the method and the path, of `connections` the method and the connection's id.
    kind: `throttled`, the service's own words for too many requests; `failed`, its internal error; `cut`,
        the connection closes without an answer; `late`, the answer comes after `delay` seconds; `twice`, the
        call is done twice and answered once.
    has_effect: whether the service does what it was asked for before it answers `throttled` or `failed`, or
        cuts: the write that arrived though nobody was told.
    probability, count, seconds: how likely each call meets it, how many meet it at most, and for how long.
    """

    service: Service
    kind: Kind
    operation: str = "*"
    target: str = "*"
    has_effect: bool = False
    probability: float = 1.0
    count: int | None = None
    seconds: float | None = None
    delay: float = 0.0

    def fits(self, service: str, operation: str, targets: Iterable[str]) -> bool:
        """Whether a call is of the kind that goes wrong."""
        return (
            service == self.service
            and fnmatchcase(operation, self.operation)
            and any(fnmatchcase(target, self.target) for target in targets)
        )


class Faults:
    """The faults of one process, and how often each was met. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()
        self._met: list[int] = []
        self._since = 0.0
        self._random = random.Random()  # noqa: S311

    @property
    def any(self) -> bool:
        """Whether a call has to be looked at at all."""
        return bool(self._faults)

    def set(self, text: str | bytes) -> None:
        """Replace all faults by those of a JSON text: {"faults": [...], "seed": a number or null}.

        :raises ValueError, TypeError, KeyError: the text is no such thing.
        """
        content = json.loads(text)
        faults = tuple(Fault(**fields) for fields in content["faults"])
        if any(fault.delay > LONGEST_DELAY for fault in faults):
            raise ValueError(f"a delay is at most {LONGEST_DELAY:.0f} s")
        with self._lock:
            self._faults, self._met, self._since = faults, [0] * len(faults), time.monotonic()
            self._random.seed(content.get("seed"))

    def met(self) -> list[int]:
        """How many calls met each fault, in the order in which they were set."""
        with self._lock:
            return list(self._met)

    def meet(self, service: str, operation: str, targets: Iterable[str]) -> Fault | None:
        """The first fault that this call meets, which is counted."""
        targets = tuple(targets)
        with self._lock:
            for number, fault in enumerate(self._faults):
                if (
                    fault.fits(service, operation, targets)
                    and (fault.count is None or self._met[number] < fault.count)
                    and (fault.seconds is None or time.monotonic() < self._since + fault.seconds)
                    and self._random.random() < fault.probability
                ):
                    self._met[number] += 1
                    return fault
        return None


def to_json(faults: Iterable[Fault], seed: int | None = None) -> str:
    """What `Faults.set` reads."""
    return json.dumps({"faults": [asdict(fault) for fault in faults], "seed": seed})


def control(faults: Faults, method: str, origin: str | None, body: bytes) -> tuple[int, str]:
    """Answer CONTROL_PATH: PUT sets the faults, GET tells how often each was met. No page may do either.

    :returns: the status, and JSON.
    """
    if origin is not None:
        return 403, "{}"
    if method == "PUT":
        try:
            faults.set(body)
        except (ValueError, TypeError, KeyError) as error:
            return 400, json.dumps({"message": str(error)})
    return 200, json.dumps({"met": faults.met()})
