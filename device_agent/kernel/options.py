"""The options of interact, checked word by word, and the layout of its controls."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from device_agent.kernel.abbreviations import STYLES
from device_agent.kernel.errors import OptionError

NAMES = ("controls", "layout", "update", "auto_update", "readonly", "preempt", "throttle", "style")
OUTPUT = "_output"

Row = list[list[Any]]


@dataclass(frozen=True)
class Options:
    """What `@interact(...)` was told beside its controls."""

    controls: Any = None
    layout: Any = None
    update: str = "auto"
    readonly: bool = False
    preempt: bool = False
    throttle: int | float | None = None
    style: str = "sage"

    def describe(self) -> dict[str, Any]:
        return {
            "update": self.update,
            "readonly": self.readonly,
            "preempt": self.preempt,
            "throttle": self.throttle,
        }


def options_of(given: Mapping[str, Any]) -> Options:
    """`given` has names out of NAMES only; a value that does not fit is an error that names its option."""
    update = given.get("update", "auto")
    if update not in ("auto", "button"):
        raise OptionError(f"update must be 'auto' or 'button', not {update!r}")
    if "auto_update" in given:
        wanted = "auto" if _flag(given, "auto_update") else "button"
        if given.get("update", wanted) != wanted:
            raise OptionError(f"auto_update={given['auto_update']} contradicts update={update!r}")
        update = wanted
    style = given.get("style", "sage")
    if style not in STYLES:
        raise OptionError(f"style must be one of {', '.join(STYLES)}, not {style!r}")
    return Options(
        controls=given.get("controls"),
        layout=given.get("layout"),
        update=update,
        readonly=_flag(given, "readonly"),
        preempt=_flag(given, "preempt"),
        throttle=_throttle(given.get("throttle")),
        style=style,
    )


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise OptionError(f"{name} must be True or False, not {value!r}")
    return value


def _throttle(value: Any) -> int | float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise OptionError(f"throttle must be a number of milliseconds, not {value!r}")
    return value


def controls_given(controls: Any, parameters: Iterable[str]) -> dict[str, Any]:
    """A dict, a list of (name, control) pairs, or a list of controls in the order of the parameters."""
    names = list(parameters)
    if controls is None:
        return {}
    if isinstance(controls, Mapping):
        return dict(controls)
    if not isinstance(controls, list | tuple):
        raise OptionError(f"controls must be a dict or a list, not {controls!r}")
    if all(
        isinstance(c, tuple | list) and len(c) == 2 and isinstance(c[0], str) and c[0] in names
        for c in controls
    ):
        return dict(controls)
    if len(controls) > len(names):
        raise OptionError(
            f"controls has {len(controls)} entries, but the function has {len(names)} parameters"
        )
    return dict(zip(names, controls, strict=False))


def _names_parameter(entry: Any, names: list[str]) -> bool:
    return (
        isinstance(entry, tuple | list)
        and len(entry) == 2
        and isinstance(entry[0], str)
        and entry[0] in names
    )


def layout_of(layout: Any, names: Iterable[str]) -> list[Row]:
    """Rows of [name, width]. What is not placed comes first, one per row, and the output last."""
    known = [*names, OUTPUT]
    rows = [] if layout is None else _rows(layout)
    placed: set[str] = set()
    for row in rows:
        for name, _ in row:
            if name is None:
                continue
            if name not in known:
                raise OptionError(f"layout names {name!r}, which is no control of this function")
            if name in placed:
                raise OptionError(f"layout places {name!r} twice")
            placed.add(name)
    missing: list[Row] = [[[name, None]] for name in known if name not in placed]
    output_last = [missing.pop()] if OUTPUT not in placed else []
    return missing + rows + output_last


def _rows(layout: Any) -> list[Row]:
    if not isinstance(layout, list | tuple) or not all(isinstance(row, list | tuple) for row in layout):
        raise OptionError("layout must be a list of rows, each a list of names or (name, width)")
    return [[_cell(cell) for cell in row] for row in layout]


def _cell(cell: Any) -> list[Any]:
    name, width = (cell[0], cell[1]) if isinstance(cell, tuple | list) and len(cell) == 2 else (cell, None)
    if name is not None and not isinstance(name, str):
        raise OptionError(f"layout has {cell!r}, which is neither a name nor (name, width)")
    if width is not None and (
        isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width < 1e4
    ):
        raise OptionError(f"layout gives {name!r} the width {width!r}, which must be a positive number")
    return [name, width]
