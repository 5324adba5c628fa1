"""The options of interact, checked word by word."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from device_agent.kernel.abbreviations import STYLES
from device_agent.kernel.controls import Control, UpdateButton
from device_agent.kernel.errors import OptionError

NAMES = (
    "controls",
    "layout",
    "update",
    "auto_update",
    "readonly",
    "output",
    "preempt",
    "throttle",
    "style",
)


@dataclass(frozen=True)
class Options:
    """What `@interact(...)` was told beside its controls."""

    controls: Any = None
    layout: Any = None
    update: str | list[str] = "auto"
    update_given: bool = False
    readonly: bool = False
    output: bool = True
    preempt: bool = False
    throttle: int | float | None = None
    style: str = "sage"

    def describe(self) -> dict[str, Any]:
        return {
            "update": self.update,
            "readonly": self.readonly,
            "output": self.output,
            "preempt": self.preempt,
            "throttle": self.throttle,
        }


def options_of(given: Mapping[str, Any]) -> Options:
    """`given` has names out of NAMES only; a value that does not fit is an error that names its option."""
    style = given.get("style", "sage")
    if style not in STYLES:
        raise OptionError(f"style must be one of {', '.join(STYLES)}, not {style!r}")
    return Options(
        controls=given.get("controls"),
        layout=given.get("layout"),
        update=_update(given),
        update_given="update" in given or "auto_update" in given,
        readonly=_flag(given, "readonly"),
        output=_flag(given, "output", True),
        preempt=_flag(given, "preempt"),
        throttle=_throttle(given.get("throttle")),
        style=style,
    )


def settled(options: Options, controls: Mapping[str, Control]) -> Options:
    """The options once the controls are known."""
    if isinstance(options.update, list):
        for name in options.update:
            if name not in controls:
                raise OptionError(f"update names {name!r}, which is no control of this function")
    if not options.update_given and any(isinstance(control, UpdateButton) for control in controls.values()):
        # A button that applies changes has a sense only when they wait for it.
        return replace(options, update="button")
    return options


def _update(given: Mapping[str, Any]) -> str | list[str]:
    """What runs the function: every change, an update button, or a change of one of these arguments."""
    update = given.get("update", "auto")
    if isinstance(update, list | tuple) and update and all(isinstance(name, str) for name in update):
        update = list(update)
    elif update not in ("auto", "button"):
        raise OptionError(f"update must be 'auto', 'button' or a list of argument names, not {update!r}")
    if "auto_update" not in given:
        return update  # type: ignore[no-any-return]
    wanted = "auto" if _flag(given, "auto_update") else "button"
    if given.get("update", wanted) != wanted:
        raise OptionError(f"auto_update={given['auto_update']} contradicts update={update!r}")
    return wanted


def _flag(given: Mapping[str, Any], name: str, otherwise: bool = False) -> bool:
    value = given.get(name, otherwise)
    if not isinstance(value, bool):
        raise OptionError(f"{name} must be True or False, not {value!r}")
    return value


def _throttle(value: Any) -> int | float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise OptionError(f"throttle must be a number of milliseconds, not {value!r}")
    return value


def controls_given(controls: Any, parameters: Iterable[str], takes_any: bool = False) -> dict[str, Any]:
    """A dict, a list of (name, control) pairs, or a list of controls in the order of the parameters.

    A function that takes any name may get any in pairs; else ("label", control) would be meant as well.
    """
    names = list(parameters)
    if controls is None:
        return {}
    if isinstance(controls, Mapping):
        return dict(controls)
    if not isinstance(controls, list | tuple):
        raise OptionError(f"controls must be a dict or a list, not {controls!r}")
    if all(
        isinstance(c, tuple | list) and len(c) == 2 and isinstance(c[0], str) and (takes_any or c[0] in names)
        for c in controls
    ):
        return dict(controls)
    if len(controls) > len(names):
        raise OptionError(
            f"controls has {len(controls)} entries, but the function has {len(names)} parameters"
        )
    return dict(zip(names, controls, strict=False))
