"""The storage process: moto's WSGI app on waitress, DynamoDB one request at a time, saved every 10 s."""

import argparse
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import waitress
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from infra.local.lifeline import watch_parent
from infra.local.storage import dynamodb, faster, forms, snapshot, stale
from infra.local.storage.faulty import Faulty

RESTORE_PATH = "/_local/restore"
SAVE_PATH = "/_local/save"
HEALTH_PATH = "/_local/health"
EXPIRE_SECONDS = 60.0
THREADS = 8
CONNECTIONS_MAX = 2000
READS = frozenset(
    f"DynamoDB_20120810.{name}"
    for name in (
        "GetItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "DescribeTable",
        "ListTables",
        "DescribeTimeToLive",
    )
)


class Storage:
    """A WSGI app around moto's: it knows when something was written, and saves and restores."""

    def __init__(self, directory: Path | None, region: str) -> None:
        self.directory = directory
        self.region = region
        self.inner = DomainDispatcherApplication(create_backend_app)
        # moto checks a condition and writes in two steps; real conditional writes are atomic.
        self.lock = threading.RLock()
        self.saving = threading.Lock()
        self.is_dirty = False
        self.is_restored = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_local/"):
            return self._control(path, start_response)
        is_form = forms.is_form(environ)
        if "HTTP_ORIGIN" in environ and not is_form and "Signature=" not in environ.get("QUERY_STRING", ""):
            # Of what web pages send, only presigned links are let in: moto itself checks no signature.
            start_response("403 Forbidden", [("Content-Length", "0")])
            return []
        if refusal := stale.answer(environ) or (forms.answer(environ) if is_form else None):
            start_response(f"{refusal.status} Refused", list(refusal.fields.items()))
            return [refusal.body]
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        is_write = target not in READS and environ["REQUEST_METHOD"] != "GET"
        if target.startswith("DynamoDB_"):
            with self.lock:
                answer = dynamodb.call(environ, start_response)
        else:
            answer = list(self.inner(environ, start_response))
        self.is_dirty = self.is_dirty or is_write
        return answer

    def save(self) -> int:
        """Write a snapshot; return how many items and objects are in it. Nothing without a directory."""
        if self.directory is None or not self.is_restored:
            return 0
        with self.saving:
            self.is_dirty = False
            try:
                return snapshot.save(self.directory, self.region, self.lock)
            except BaseException:
                self.is_dirty = True
                raise

    def restore(self) -> int:
        """Read the snapshot back, once; a second call does nothing."""
        if self.directory is None or self.is_restored:
            return 0
        with self.lock:
            count = snapshot.restore(self.directory, self.region)
        self.is_restored = True
        return count

    def keep(self, save_seconds: float) -> None:
        """Save what was written and expire what is old, for ever."""
        expired_at = time.monotonic()
        while True:
            time.sleep(save_seconds)
            if time.monotonic() - expired_at >= EXPIRE_SECONDS:
                expired_at = time.monotonic()
                snapshot.expire(self.region, self.lock)
            if self.is_dirty:
                self.save()

    def _control(self, path: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
        actions: dict[str, Callable[[], int]] = {
            RESTORE_PATH: self.restore,
            SAVE_PATH: self.save,
            HEALTH_PATH: int,
        }
        action = actions.get(path)
        count = action() if action else 0
        start_response("200 OK" if action else "404 Not Found", [("Content-Type", "application/json")])
        return [json.dumps({"count": count}).encode()]


def main() -> None:
    """Serve on the listening socket that the parent passed, until SIGTERM or until the parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--state", type=Path, default=None)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--save-seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    sys.setswitchinterval(0.001)  # a request must not wait for a snapshot that is being written
    faster.apply()
    dynamodb.apply()
    storage = Storage(arguments.state, arguments.region)

    def leave(*_: object) -> None:
        storage.save()
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent(leave)
    threading.Thread(target=storage.keep, args=(arguments.save_seconds,), daemon=True).start()
    serve: Callable[..., None] = waitress.serve
    serve(
        Faulty(storage),
        sockets=[socket.socket(fileno=arguments.fd)],
        threads=THREADS,
        connection_limit=CONNECTIONS_MAX,
        asyncore_use_poll=True,
        channel_timeout=300,
        _quiet=True,
    )


if __name__ == "__main__":
    main()
