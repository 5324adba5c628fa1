"""Writes what moto's tables and buckets hold to a directory, and reads it back."""

import base64
import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

FORMAT = 1
PAUSE_EVERY_ITEMS = 20


# What keeps a table still while it is read.
Lock = contextlib.AbstractContextManager[Any]


def save(directory: Path, region: str, lock: Lock) -> int:
    """Write all items and objects; return how many. A reader sees the old snapshot or the new one."""
    directory.mkdir(parents=True, exist_ok=True)
    count = 0
    names: set[str] = set()
    temporary = directory / "snapshot.new"
    with temporary.open("w", encoding="utf-8") as out:
        out.write(json.dumps({"format": FORMAT, "saved_at": int(time.time())}) + "\n")
        for table, item in _stored_items(region, lock):
            out.write(json.dumps({"table": table, "item": item}, separators=(",", ":")) + "\n")
            count += 1
            if count % PAUSE_EVERY_ITEMS == 0:
                time.sleep(0)  # requests go first: a snapshot must not be felt
        for entry in _objects(directory):
            names.add(entry["file"])
            out.write(json.dumps(entry, separators=(",", ":")) + "\n")
            count += 1
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(directory / "snapshot.jsonl")
    for stale in (directory / "objects").glob("*"):
        if stale.name not in names:
            stale.unlink(missing_ok=True)
    return count


def restore(directory: Path, region: str) -> int:
    """Put a snapshot's items and objects into the tables and buckets that exist now; return how many.

    Items past their TTL, objects past their bucket's expiry and whatever belongs to a table or bucket that is
    gone are dropped. A last line that a crash cut short is dropped too.
    """
    path = directory / "snapshot.jsonl"
    if not path.exists():
        return 0
    count = 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            with contextlib.suppress(json.JSONDecodeError):
                entry = json.loads(line)
                if "table" in entry:
                    count += _restore_item(entry, region)
                elif "bucket" in entry:
                    count += _restore_object(entry, directory, region)
    return count


def expire(region: str, lock: Lock) -> int:
    """Delete items past their TTL and objects past their bucket's expiry; moto itself never does.

    AWS does it late as well, typically within days
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
    """
    count = 0
    for table in list(dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables.values()):
        with lock:
            for item in [item for item in _items(table) if _is_expired(table, item.attrs)]:
                table.delete_item(item.hash_key, item.range_key)
                count += 1
    for bucket in list(s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.values()):
        limit = _oldest_allowed(bucket)
        for key in list(bucket.keys.values()):
            if limit is not None and key.last_modified < limit:
                bucket.keys.pop(key.name)
                count += 1
    return count


def _stored_items(region: str, lock: Lock) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, table in list(dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables.items()):
        with lock:
            items = _items(table)
        for item in items:
            if not _is_expired(table, item.attrs):
                with lock:
                    row = _plain({key: value.to_json() for key, value in item.attrs.items()})
                yield name, row


def _items(table: Any) -> list[Any]:
    if table.range_key_attr:
        return [item for rows in table.items.values() for item in rows.values()]
    return list(table.items.values())


def _plain(value: Any) -> Any:
    """Return wire JSON of an attribute value; moto keeps binary values as it got them (base64 text)."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    if hasattr(value, "to_json"):
        return _plain(value.to_json())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _is_expired(table: Any, attributes: Any) -> bool:
    ttl = table.ttl or {}
    if ttl.get("TimeToLiveStatus") != "ENABLED":
        return False
    value = attributes.get(ttl["AttributeName"])
    if value is None:
        return False
    number = value.get("N") if isinstance(value, dict) else value.value if value.type == "N" else None
    return number is not None and float(number) < time.time()


def _restore_item(entry: dict[str, Any], region: str) -> int:
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables.get(entry["table"])
    if table is None or _is_expired(table, entry["item"]):
        return 0
    table.put_item(entry["item"], overwrite=True)
    return 1


def _objects(directory: Path) -> Iterator[dict[str, Any]]:
    folder = directory / "objects"
    folder.mkdir(exist_ok=True)
    for bucket in list(s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.values()):
        for key in list(bucket.keys.values()):
            name = hashlib.sha256(f"{bucket.name}\n{key.name}\n{key.etag}".encode()).hexdigest()
            if not (folder / name).exists():
                temporary = folder / f"{name}.new"
                temporary.write_bytes(key.value)
                temporary.replace(folder / name)
            yield {
                "bucket": bucket.name,
                "key": key.name,
                "file": name,
                "metadata": dict(key.metadata),
                "last_modified": key.last_modified.isoformat(),
            }


def _restore_object(entry: dict[str, Any], directory: Path, region: str) -> int:
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    bucket = backend.buckets.get(entry["bucket"])
    path = directory / "objects" / entry["file"]
    modified = datetime.fromisoformat(entry["last_modified"])
    if bucket is None or not path.exists():
        return 0
    limit = _oldest_allowed(bucket)
    if limit is not None and modified < limit:
        return 0
    key = backend.put_object(bucket.name, entry["key"], path.read_bytes(), disable_notification=True)
    key.set_metadata(entry["metadata"])
    key.last_modified = modified
    return 1


def _oldest_allowed(bucket: Any) -> datetime | None:
    days = [
        int(rule.expiration_days)
        for rule in bucket.rules
        if rule.status == "Enabled" and rule.expiration_days
    ]
    if not days:
        return None
    now: datetime = datetime.now(UTC).replace(tzinfo=None)
    return now - timedelta(days=min(days))
