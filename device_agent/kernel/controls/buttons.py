"""The controls that count for one run: a button, a bar of buttons, and the button that applies changes."""

from dataclasses import dataclass
from typing import Any

from device_agent.kernel.controls.base import (
    Control,
    item,
    label_of,
    size_or_none,
    text_of,
)
from device_agent.kernel.controls.selector import pairs_of
from device_agent.kernel.errors import ControlError


class _Momentary(Control):
    """A click is an event and no state, so there is nothing that code could set."""

    momentary = True

    def at(self, value: Any) -> Control:
        raise ControlError("a button holds no value that could be set; to run the function call update()")


@dataclass(frozen=True)
class Button(_Momentary):
    """The function gets `value` in the run that a click causes, and `default` in all others."""

    text: str = "Button"
    value: Any = True
    default: Any = None
    label: str | None = None
    width: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", text_of(self.text))
        object.__setattr__(self, "label", label_of(self.label))
        object.__setattr__(self, "width", size_or_none(self.width, "width"))

    def describe(self) -> dict[str, Any]:
        return {
            "control_type": "button",
            "label": self.label,
            "default": False,
            "text": self.text,
            "width": self.width,
        }

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        return self.value if _clicked(wire) else self.default


@dataclass(frozen=True)
class ButtonBar(_Momentary):
    """One button for each value; a copy of the values is read as Selector reads them."""

    values: Any
    default: Any = None
    nrows: int | None = None
    ncols: int | None = None
    label: str | None = None
    width: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", pairs_of(self.values, "a button bar"))
        object.__setattr__(self, "label", label_of(self.label))
        for name in ("nrows", "ncols", "width"):
            object.__setattr__(self, name, size_or_none(getattr(self, name), name))

    def describe(self) -> dict[str, Any]:
        return {
            "control_type": "button_bar",
            "label": self.label,
            "default": None,
            "values": [text for _, text in self.values],
            "nrows": self.nrows,
            "ncols": self.ncols,
            "width": self.width,
        }

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        return self.default if wire is None else item(self.values, wire)[0]


@dataclass(frozen=True)
class UpdateButton(_Momentary):
    """Applies the changes of all other controls, which wait for it. Gives whether it was clicked."""

    text: str = "Update"
    label: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", text_of(self.text))
        object.__setattr__(self, "label", label_of(self.label))

    def describe(self) -> dict[str, Any]:
        return {"control_type": "update_button", "label": self.label, "default": False, "text": self.text}

    def read(self, wire: object, namespace: dict[str, Any]) -> bool:
        return _clicked(wire)


def _clicked(wire: object) -> bool:
    if not isinstance(wire, bool):
        raise ControlError(f"must be true or false, not {text_of(wire)!r}")
    return wire
