"""The controls for a date and for a file of the reader."""

import base64
import binascii
import datetime
from dataclasses import dataclass
from typing import Any

from device_agent.kernel.controls.base import Control, label_of, size, text_of
from device_agent.kernel.errors import ControlError
from device_agent.kernel.files import LARGEST_FILE


@dataclass(frozen=True)
class DateBox(Control):
    """A datetime.date, or None while it is empty; dates are also taken as "2026-11-24"."""

    default: Any = None
    label: str | None = None
    min: Any = None
    max: Any = None

    def __post_init__(self) -> None:
        for name in ("default", "min", "max"):
            object.__setattr__(self, name, _date(getattr(self, name), name))
        object.__setattr__(self, "label", label_of(self.label))
        if self.min and self.max and self.min > self.max:
            low, high = self.max, self.min
            object.__setattr__(self, "min", low)
            object.__setattr__(self, "max", high)
        self._check(self.default)

    def _check(self, date: datetime.date | None) -> None:
        if date is not None and self.min and date < self.min:
            raise ControlError(f"must not be before {self.min}, which {date} is")
        if date is not None and self.max and date > self.max:
            raise ControlError(f"must not be after {self.max}, which {date} is")

    def describe(self) -> dict[str, Any]:
        dates = {"default": self.default, "min": self.min, "max": self.max}
        described = {name: date.isoformat() if date else None for name, date in dates.items()}
        return {"control_type": "date_box", "label": self.label, **described}

    def read(self, wire: object, namespace: dict[str, Any]) -> datetime.date | None:
        if wire is not None and not isinstance(wire, str):
            raise ControlError(f"must be a date such as 2026-11-24, not {text_of(wire)!r}")
        date = _date(wire, "the value")
        self._check(date)
        return date


def _date(given: Any, name: str) -> datetime.date | None:
    if given is None or given == "":
        return None
    if isinstance(given, datetime.datetime):
        return given.date()
    if isinstance(given, datetime.date):
        return given
    try:
        return datetime.date.fromisoformat(given)
    except (TypeError, ValueError):
        raise ControlError(f"{name} must be a date such as 2026-11-24, not {text_of(given)!r}") from None


class Upload(bytes):
    """The bytes of a file, with the name and the media type that the reader's browser told."""

    name: str
    type: str

    def __new__(cls, data: bytes = b"", name: str = "", type: str = "") -> "Upload":
        upload = super().__new__(cls, data)
        upload.name, upload.type = name, type
        return upload

    def __repr__(self) -> str:
        return f"<file {self.name!r}, {len(self)} bytes>"


@dataclass(frozen=True)
class FileBox(Control):
    """A file of the reader as bytes with .name and .type, or None; `limit` is its largest size in bytes."""

    label: str | None = None
    accept: str = ""
    limit: int = LARGEST_FILE
    default: Any = None
    private = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", label_of(self.label))
        accept = self.accept if isinstance(self.accept, str) else ",".join(map(text_of, self.accept))
        object.__setattr__(self, "accept", accept)
        object.__setattr__(self, "limit", size(self.limit, "limit"))
        if self.limit > LARGEST_FILE:
            raise ControlError(f"limit must be at most {LARGEST_FILE} bytes, not {self.limit}")
        if self.default is not None:
            if not isinstance(self.default, bytes):
                raise ControlError(f"must be bytes or None, not {text_of(self.default)!r}")
            self._check(len(self.default))

    def _check(self, length: int) -> None:
        if length > self.limit:
            raise ControlError(f"the file has {length} bytes, more than {self.limit}")

    def describe(self) -> dict[str, Any]:
        file = self.default
        default = (
            None
            if file is None
            else {
                "name": getattr(file, "name", ""),
                "type": getattr(file, "type", ""),
                "data": base64.b64encode(file).decode(),
            }
        )
        return {
            "control_type": "file_box",
            "label": self.label,
            "default": default,
            "accept": self.accept,
            "limit": self.limit,
        }

    def read(self, wire: object, namespace: dict[str, Any]) -> Upload | None:
        if wire is None:
            return None
        parts = [wire.get(key) for key in ("name", "type", "data")] if isinstance(wire, dict) else []
        if not parts or not all(isinstance(part, str) for part in parts):
            raise ControlError("must be a file with a name, a type and its data")
        name, media_type, text = map(str, parts)
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ControlError("the data of the file is not base64") from None
        self._check(len(data))
        return Upload(data, name, media_type)
