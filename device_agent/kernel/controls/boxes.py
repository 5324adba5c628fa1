"""The controls of one entry: checkbox, text box, and the box whose text is evaluated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from device_agent.kernel.controls.base import Control, index_of, label_of, size, text_of, told
from device_agent.kernel.errors import ControlError

SUBTYPES = {int: "integer", float: "float"}


@dataclass(frozen=True)
class Checkbox(Control):
    """True or false."""

    default: bool = True
    label: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "default", bool(self.default))
        object.__setattr__(self, "label", label_of(self.label))

    def describe(self) -> dict[str, Any]:
        return {"control_type": "checkbox", "label": self.label, "default": self.default}

    def at(self, value: Any) -> Control:
        # Also numpy's own True, which is no bool; but not any text that happens to be true.
        place = index_of((False, True), value)
        if place is None:
            raise ControlError(f"must be True or False, not {text_of(value)!r}")
        return super().at(bool(place))

    def read(self, wire: object, namespace: dict[str, Any]) -> bool:
        if not isinstance(wire, bool):
            raise ControlError(f"must be true or false, not {text_of(wire)!r}")
        return wire


@dataclass(frozen=True)
class InputBox(Control):
    """Text, or what `type` makes of the text."""

    default: Any = ""
    label: str | None = None
    type: Callable[[str], Any] = str
    width: int = 80
    height: int = 1
    keypress: bool = False

    def __post_init__(self) -> None:
        if not callable(self.type):
            raise ControlError(f"type must be a type such as int, not {text_of(self.type)!r}")
        _settle_box(self)
        if self.type in SUBTYPES and self.default not in ("", None):
            self.read(self.describe()["default"], {})

    def describe(self) -> dict[str, Any]:
        subtype = SUBTYPES.get(self.type, "text")  # type: ignore[call-overload]
        return _describe_box(self, subtype, "" if self.default is None else str(self.default))

    def at(self, value: Any) -> Control:
        if self.type is str and not isinstance(value, str):
            raise ControlError(f"must be text, not {text_of(value)!r}")
        return super().at(value)

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        text = _text(wire)
        if self.type is str:
            return text
        # An empty number box has nothing to parse yet; the function still has to be drawn once.
        if self.type in SUBTYPES and text == "" and self.default in ("", None):
            return None
        try:
            return self.type(text.strip())
        except Exception as error:
            kind = {int: "a whole number", float: "a number"}.get(self.type)  # type: ignore[call-overload]
            raise ControlError(f"must be {kind}, not {text_of(text)!r}" if kind else told(error)) from None


@dataclass(frozen=True)
class ExpressionBox(Control):
    """Python text, evaluated in the user's namespace. A default that is a str is such text."""

    default: Any = None
    label: str | None = None
    width: int = 80
    height: int = 1
    type: Callable[[Any], Any] | None = None
    keypress: bool = False

    def __post_init__(self) -> None:
        if self.type is not None and not callable(self.type):
            raise ControlError(f"type must be a type such as list, not {text_of(self.type)!r}")
        _settle_box(self)

    def describe(self) -> dict[str, Any]:
        try:
            text = self.default if isinstance(self.default, str) else repr(self.default)
        except Exception as error:
            raise ControlError(f"the default has no repr: {told(error)}") from None
        return _describe_box(self, "expression", text)

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        text = _text(wire)
        # A default such as <object at 0x7f…> is no Python; untouched, it stays the object itself.
        if not isinstance(self.default, str) and text == self.describe()["default"]:
            result = self.default
        else:
            result = _evaluate(text, namespace)
        try:
            return result if self.type is None else self.type(result)
        except Exception as error:
            raise ControlError(told(error)) from None


def _evaluate(text: str, namespace: dict[str, Any]) -> Any:
    if not text.strip():
        raise ControlError("is empty: type a Python expression")
    try:
        return eval(compile(text.strip(), "<control>", "eval"), namespace)  # noqa: S307  the reader's own session
    except BaseException as error:
        # exit() in a box, or a stop while it runs, is this box's trouble as well.
        raise ControlError(told(error)) from None


def _text(wire: object) -> str:
    if not isinstance(wire, str):
        raise ControlError(f"must be text, not {text_of(wire)!r}")
    return wire


def _settle_box(box: InputBox | ExpressionBox) -> None:
    object.__setattr__(box, "label", label_of(box.label))
    for name in ("width", "height"):
        object.__setattr__(box, name, size(getattr(box, name), name))
    object.__setattr__(box, "keypress", bool(box.keypress))


def _describe_box(box: InputBox | ExpressionBox, subtype: str, default: str) -> dict[str, Any]:
    return {
        "control_type": "input_box",
        "subtype": subtype,
        "label": box.label,
        "default": default,
        "width": box.width,
        "height": box.height,
        "keypress": box.keypress,
    }


def checkbox(default: bool = True, label: str | None = None) -> Checkbox:
    """A checkbox."""
    return Checkbox(default, label)


def input_box(
    default: Any = None,
    label: str | None = None,
    type: Callable[[Any], Any] | None = None,
    width: int = 80,
    height: int = 1,
    keypress: bool = False,
) -> InputBox | ExpressionBox:
    """A box to type in: `type=str` gives raw text, int and float a number, all else is evaluated first."""
    if type in (str, int, float):
        return InputBox("" if default is None else default, label, type, width, height, keypress)
    return ExpressionBox("None" if default is None else default, label, width, height, type, keypress)
