"""Counts what a process asks of AWS, by operation: requests, bytes, and what they are billed as."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from chalicelib import units

_PARAMETERS = "longwire_parameters"


@dataclass(frozen=True)
class Asked:
    """How much was asked of one operation.

    `requests`: that left, those that the SDK made again counted too. `sent`, `received`: the bytes of their
    bodies and of the answers'. `units`: what AWS bills the calls as (chalicelib/units.py).
    """

    requests: int = 0
    sent: int = 0
    received: int = 0
    units: float = 0.0


class Tally:
    """The figures of all clients that it watches. That costs some 20 µs a request."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[str, list[float]] = {}

    def watch(self, client: Any) -> Any:
        """Count what a boto3 client does from here on; doing so again changes nothing.

        :returns: the client.
        """
        handlers = {
            "before-parameter-build": self._keep_parameters,
            "before-send": self._count_request,
            "response-received": self._count_answer,
            "after-call": self._count_units,
        }
        for event, handler in handlers.items():
            client.meta.events.register(event, handler, unique_id=f"tally-{event}")
        return client

    def figures(self) -> dict[str, Asked]:
        """By service and operation, "dynamodb.PutItem"."""
        with self._lock:
            return {
                name: Asked(int(requests), int(sent), int(received), units)
                for name, (requests, sent, received, units) in self._asked.items()
            }

    def _add(self, event_name: str, column: int, amount: float, *, requests: int = 0) -> None:
        operation = event_name.partition(".")[2]
        with self._lock:
            row = self._asked.setdefault(operation, [0, 0, 0, 0.0])
            row[0] += requests
            row[column] += amount

    def _keep_parameters(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[_PARAMETERS] = params

    def _count_request(self, request: Any, event_name: str, **_: Any) -> None:
        self._add(event_name, 1, int(request.headers.get("Content-Length") or 0), requests=1)

    def _count_answer(self, response_dict: dict[str, Any] | None, event_name: str, **_: Any) -> None:
        if response_dict is None:
            return  # none came
        body = response_dict["body"]
        told = response_dict["headers"].get("Content-Length")
        self._add(event_name, 2, len(body) if isinstance(body, bytes) else int(told or 0))

    def _count_units(
        self, parsed: dict[str, Any], context: dict[str, Any], event_name: str, **_: Any
    ) -> None:
        operation = event_name.rpartition(".")[2]
        self._add(event_name, 3, units.of(operation, context[_PARAMETERS], parsed))
