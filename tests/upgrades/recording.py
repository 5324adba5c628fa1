"""The service's functions, which write down what agents ask of them, what they answer, and how they ring."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalice.app import Request, Response

from app import app
from chalicelib import queues
from tests.upgrades import RECORDING

__all__ = ["app"]


def _write(line: dict[str, Any]) -> None:
    with Path(os.environ[RECORDING]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


@app.middleware("http")  # type: ignore[untyped-decorator]
def record(event: Request, get_response: Callable[[Request], Response]) -> Response:
    response = get_response(event)
    path = event.path
    if path.startswith("/devices"):
        body = json.loads(event.raw_body) if event.raw_body else None
        _write({"method": event.method, "path": path, "body": body, "answer": response.body})
    return response


def _rung(aws: Any, queue_url: str, *arguments: Any, ring: Any = queues.ring) -> None:
    send = aws.sqs.send_message

    class Sqs:
        @staticmethod
        def send_message(**request: Any) -> Any:
            queue = "device" if "-device-" in request["QueueUrl"] else "pool"
            _write({"bell": queue, "body": json.loads(request["MessageBody"])})
            return send(**request)

    class Aws:
        settings, sqs = aws.settings, Sqs

    ring(Aws, queue_url, *arguments)


queues.ring = _rung
