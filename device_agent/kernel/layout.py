"""Where the controls and the output stand: rows in order, or rows on the four sides of the output."""

from collections.abc import Iterable, Mapping
from typing import Any

from device_agent.kernel.errors import OptionError

OUTPUT = "_output"
SIDES = ("top", "left", "right", "bottom")

Row = list[list[Any]]
Layout = list[Row] | dict[str, list[Row]]


def layout_of(layout: Any, names: Iterable[str], output: bool = True) -> Layout:
    """The form on the wire, always made anew. What is not placed comes first, one per row, the output last.

    :raises OptionError: a name is unknown or doubled, or the shape is none; the text names it.
    """
    known = list(names)
    sides = _sides(layout)
    placed = _placed([row for rows in sides.values() for row in rows], known)
    missing = [_row(name) for name in known if name not in placed]
    if isinstance(layout, Mapping):
        if OUTPUT in placed:
            raise OptionError(f"layout places {OUTPUT!r}, which always stands in the middle of a dict")
        return {**sides, "top": missing + sides["top"]}
    last = [_row(OUTPUT)] if output and OUTPUT not in placed else []
    return missing + sides["top"] + last


def with_control(layout: Layout, name: str) -> Layout:
    """A layout in which a new control stands before the output."""
    if isinstance(layout, dict):
        return {**layout, "top": [*layout["top"], _row(name)]}
    for place, row in enumerate(layout):
        if any(cell[0] == OUTPUT for cell in row):
            return [*layout[:place], _row(name), *layout[place:]]
    return [*layout, _row(name)]


def without_control(layout: Layout, name: str) -> Layout:
    if isinstance(layout, dict):
        return {side: _without(rows, name) for side, rows in layout.items()}
    return _without(layout, name)


def _without(rows: list[Row], name: str) -> list[Row]:
    kept = [[cell for cell in row if cell[0] != name] for row in rows]
    # A row of spacers alone was there for the control that has gone.
    return [row for row, old in zip(kept, rows, strict=True) if row == old or any(cell[0] for cell in row)]


def _row(name: str) -> Row:
    return [[name, None]]


def _sides(layout: Any) -> dict[str, list[Row]]:
    given = layout if isinstance(layout, Mapping) else {"top": [] if layout is None else layout}
    for side in given:
        if side not in SIDES:
            raise OptionError(f"layout has the side {side!r}; there are {', '.join(SIDES)}")
    return {side: _rows(given.get(side) or []) for side in SIDES}


def _placed(rows: list[Row], known: list[str]) -> set[str]:
    placed: set[str] = set()
    for row in rows:
        for name, _ in row:
            if name is None:
                continue
            if name not in known and name != OUTPUT:
                raise OptionError(f"layout names {name!r}, which is no control of this function")
            if name in placed:
                raise OptionError(f"layout places {name!r} twice")
            placed.add(name)
    return placed


def _rows(layout: Any) -> list[Row]:
    if not isinstance(layout, list | tuple) or not all(isinstance(row, list | tuple | str) for row in layout):
        raise OptionError("layout must be a list of rows, each a list of names or (name, width)")
    # A row of one may go without its brackets.
    return [[_cell(cell) for cell in ([row] if isinstance(row, str) else row)] for row in layout]


def _cell(cell: Any) -> list[Any]:
    name, width = (cell[0], cell[1]) if isinstance(cell, tuple | list) and len(cell) == 2 else (cell, None)
    if name is not None and not isinstance(name, str):
        raise OptionError(f"layout has {cell!r}, which is neither a name nor (name, width)")
    if width is not None and (
        isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width < 1e4
    ):
        raise OptionError(f"layout gives {name!r} the width {width!r}, which must be a positive number")
    return [name, width]
