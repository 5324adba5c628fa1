"""The input grid: boxes in rows and columns, whose values are a list of rows or what is made of it."""

import dataclasses
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from device_agent.kernel.controls.base import Control, label_of, size, text_of, told
from device_agent.kernel.controls.boxes import SUBTYPES, ExpressionBox, InputBox
from device_agent.kernel.errors import ControlError

MOST_BOXES = 1_000


@dataclass(frozen=True)
class InputGrid(Control):
    """`default` is one value for all boxes, rows of values, a flat list of them, or an array.

    Without `nrows` and `ncols` the grid is as large as its default; `type` is that of each box.
    """

    nrows: int | None = None
    ncols: int | None = None
    default: Any = None
    to_value: Callable[[list[list[Any]]], Any] | None = None
    type: Callable[[Any], Any] | None = None
    width: int = 4
    label: str | None = None
    boxes: tuple[tuple[InputBox | ExpressionBox, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("to_value", "type"):
            given = getattr(self, name)
            if given is not None and not callable(given):
                raise ControlError(f"{name} must be callable, not {text_of(given)!r}")
        rows = _rows(_plain(self.default), self.nrows, self.ncols, "" if self.type is str else 0)
        _refuse_large(len(rows), len(rows[0]))
        object.__setattr__(self, "nrows", len(rows))
        object.__setattr__(self, "ncols", len(rows[0]))
        object.__setattr__(self, "width", size(self.width, "width"))
        object.__setattr__(self, "label", label_of(self.label))
        object.__setattr__(self, "boxes", _each_box(rows, self._box))

    def _box(self, default: Any) -> InputBox | ExpressionBox:
        if self.type in (str, int, float):
            return InputBox(default, None, self.type, self.width)
        return ExpressionBox(default, None, self.width, type=self.type)

    def describe(self) -> dict[str, Any]:
        plain = "text" if self.type is str else "expression"
        return {
            "control_type": "input_grid",
            "label": self.label,
            "default": [[box.describe()["default"] for box in row] for row in self.boxes],
            "nrows": self.nrows,
            "ncols": self.ncols,
            "width": self.width,
            "subtype": SUBTYPES.get(self.type, plain),  # type: ignore[call-overload]
        }

    def read(self, wire: object, namespace: dict[str, Any]) -> Any:
        if not isinstance(wire, list) or len(wire) != self.nrows:
            raise ControlError(f"must be {self.nrows} rows of text, not {text_of(wire)!r}")
        if not all(isinstance(row, list) and len(row) == self.ncols for row in wire):
            raise ControlError(f"must have {self.ncols} texts in each row, not {text_of(wire)!r}")
        # Row by row, as they are read, so that the first error is the one that is found first.
        texts = iter([text for row in wire for text in row])
        rows = _each_box(self.boxes, lambda box: box.read(next(texts), namespace))
        values = [list(row) for row in rows]
        try:
            return values if self.to_value is None else self.to_value(values)
        except Exception as error:
            raise ControlError(told(error)) from None

    def at(self, value: Any) -> Control:
        rows = _rows(_plain(value), self.nrows, self.ncols, 0)
        return dataclasses.replace(self, default=rows)


def _each_box(rows: Iterable[Iterable[Any]], make: Callable[[Any], Any]) -> tuple[tuple[Any, ...], ...]:
    result = []
    for y, row in enumerate(rows, start=1):
        made = []
        for x, cell in enumerate(row, start=1):
            try:
                made.append(make(cell))
            except ControlError as error:
                raise ControlError(f"row {y}, column {x}: {error}") from None
        result.append(tuple(made))
    return tuple(result)


def _plain(given: Any) -> Any:
    """Arrays of any library as lists."""
    return given.tolist() if hasattr(given, "tolist") and hasattr(given, "ndim") else given


def _rows(given: Any, nrows: int | None, ncols: int | None, empty: Any) -> list[list[Any]]:
    nrows = None if nrows is None else size(nrows, "nrows")
    ncols = None if ncols is None else size(ncols, "ncols")
    # Asked before anything of that size is made.
    _refuse_large(nrows or 1, ncols or 1)
    if not isinstance(given, list | tuple):
        return [[empty if given is None else given] * (ncols or 1) for _ in range(nrows or 1)]
    nested = [isinstance(row, list | tuple) for row in given]
    if given and all(nested):
        rows = [list(row) for row in given]
    elif any(nested):
        raise ControlError("default must be rows of values, or a flat list of them, and not both")
    else:
        columns = ncols or (len(given) // nrows if nrows else len(given)) or 1
        rows = [list(given[start : start + columns]) for start in range(0, len(given), columns)]
    widths = {len(row) for row in rows}
    if not rows or 0 in widths:
        raise ControlError("an input grid needs at least one box")
    if len(widths) > 1 or len(rows) != (nrows or len(rows)) or widths != {ncols or len(rows[0])}:
        wanted = f"{nrows or 'any number of'} rows of {ncols or 'equal'} length"
        raise ControlError(f"default does not fit: {wanted} wanted")
    return rows


def _refuse_large(nrows: int, ncols: int) -> None:
    if nrows * ncols > MOST_BOXES:
        raise ControlError(f"an input grid has at most {MOST_BOXES} boxes, not {nrows} by {ncols}")


def grid_of_array(value: Any) -> InputGrid | None:
    """The grid for a small numpy array of numbers, which gives such arrays back; None for anything else."""
    # Looked up, never imported: without numpy there are no arrays.
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray) or value.dtype.kind not in "iufcb":
        return None
    if value.ndim not in (1, 2) or not 0 < value.size <= MOST_BOXES:
        return None
    dtype, flat = value.dtype, value.ndim == 1
    # Whoever types 1.5 into an array of whole numbers gets 1.5 and not 1.
    kept = None if dtype.kind in "iu" else dtype

    def to_array(rows: list[list[Any]]) -> Any:
        made = numpy.array(rows[0] if flat else rows, kept)
        return made.astype(dtype) if made.dtype.kind == dtype.kind else made

    return InputGrid(default=value, to_value=to_array, width=8)


def input_grid(
    nrows: int | None = None,
    ncols: int | None = None,
    default: Any = None,
    label: str | None = None,
    to_value: Callable[[list[list[Any]]], Any] | None = None,
    width: int = 4,
    *,
    type: Callable[[Any], Any] | None = None,
) -> InputGrid:
    """A grid of boxes to type in."""
    return InputGrid(nrows, ncols, default, to_value, type, width, label)
