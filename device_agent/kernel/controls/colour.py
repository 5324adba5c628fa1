"""The colour control: gives "#rrggbb", and takes what authors write for a colour."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from device_agent.kernel.controls.base import Control, label_of, number, text_of
from device_agent.kernel.errors import ControlError

HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})\Z")
# Those of CSS 2 and the few others that plots use; all further ones are a picture book of 148 names.
NAMES = {
    "aqua": "#00ffff",
    "black": "#000000",
    "blue": "#0000ff",
    "brown": "#a52a2a",
    "cyan": "#00ffff",
    "fuchsia": "#ff00ff",
    "gold": "#ffd700",
    "gray": "#808080",
    "green": "#008000",
    "grey": "#808080",
    "lime": "#00ff00",
    "magenta": "#ff00ff",
    "maroon": "#800000",
    "navy": "#000080",
    "olive": "#808000",
    "orange": "#ffa500",
    "pink": "#ffc0cb",
    "purple": "#800080",
    "red": "#ff0000",
    "silver": "#c0c0c0",
    "teal": "#008080",
    "white": "#ffffff",
    "yellow": "#ffff00",
}


@dataclass(frozen=True)
class ColorSelector(Control):
    """A colour. `widget` named the picker of older systems; it is taken and has no meaning any more."""

    default: Any = "#0000ff"
    label: str | None = None
    hide_box: bool = False
    widget: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "default", _hex(self.default))
        object.__setattr__(self, "label", label_of(self.label))
        object.__setattr__(self, "hide_box", bool(self.hide_box))

    def describe(self) -> dict[str, Any]:
        return {
            "control_type": "color_selector",
            "label": self.label,
            "default": self.default,
            "hide_box": self.hide_box,
        }

    def read(self, wire: object, namespace: dict[str, Any]) -> str:
        if not isinstance(wire, str):
            raise ControlError(f"must be a colour such as #1a2b3c, not {text_of(wire)!r}")
        return _hex(wire)


def _hex(given: Any) -> str:
    if isinstance(given, str):
        text = given.strip().lower()
        text = NAMES.get(text, text)
        if HEX.match(text):
            return text if len(text) == 7 else "#" + "".join(2 * digit for digit in text[1:])
    elif isinstance(given, Iterable):
        parts = [number(part, "a part of a colour") for part in given]
        if len(parts) == 3 and all(0 <= part <= 1 for part in parts):
            return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
    wanted = "#rrggbb, #rgb, a common name, or three numbers from 0 to 1"
    raise ControlError(f"{text_of(given)!r} is no colour: give {wanted}")


def color_selector(
    default: Any = (0, 0, 1), label: str | None = None, widget: str | None = None, hide_box: bool = False
) -> ColorSelector:
    """A colour picker."""
    return ColorSelector(default, label, hide_box, widget)
