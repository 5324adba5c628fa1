"""The box that shows something and asks nothing: HTML, or plain text."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from device_agent.kernel.controls.base import Control, label_of, text_of
from device_agent.kernel.errors import ControlError

LARGEST = 64 * 1024


@dataclass(frozen=True)
class HtmlBox(Control):
    """HTML in a sandboxed frame, or with `text=True` its characters as they are. Code can change it."""

    value: Any = ""
    label: str | None = None
    text: bool = False

    # There is no value of it that a state could hold.
    momentary = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", bool(self.text))
        object.__setattr__(self, "label", label_of(self.label))
        shown = self._shown()
        if len(shown) > LARGEST:
            raise ControlError(f"has {len(shown)} characters, more than {LARGEST}")
        object.__setattr__(self, "value", shown)

    def _shown(self) -> str:
        if isinstance(self.value, str):
            return self.value
        # A table of pandas, say: what it would be as the last line of a cell.
        as_html = None if self.text else getattr(self.value, "_repr_html_", None)
        html = as_html() if callable(as_html) else None
        return html if isinstance(html, str) else text_of(self.value)

    def describe(self) -> dict[str, Any]:
        kind = "text" if self.text else "html"
        return {"control_type": "html_box", "label": self.label, "default": None, kind: self.value}

    def read(self, wire: object, namespace: dict[str, Any]) -> str:
        if wire is not None:
            raise ControlError(f"takes no value, and not {text_of(wire)!r}")
        return str(self.value)

    def at(self, value: Any) -> Control:
        return dataclasses.replace(self, value=value)


def text_control(value: Any = "", label: str | None = None) -> HtmlBox:
    """HTML to be shown, under the name that Sage has for it."""
    return HtmlBox(value, label)
