"""What moto stores: asked through its WSGI app, saved when something was written, and read back."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from infra.local.storage import dynamodb, forms, snapshot, stale
from infra.local.storage.wsgi import Environ

RESTORE_PATH = "/_local/restore"
SAVE_PATH = "/_local/save"
HEALTH_PATH = "/_local/health"
EXPIRE_SECONDS = 60.0
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

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
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
