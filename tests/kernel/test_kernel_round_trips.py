"""Whatever a control holds comes back from its own wire form, and whatever comes is taken or refused."""

import datetime
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from device_agent.kernel.controls import (
    Button,
    ButtonBar,
    ColorSelector,
    Control,
    DateBox,
    FileBox,
    HtmlBox,
    InputGrid,
    Slider,
    UpdateButton,
    input_grid,
    multi_slider,
    range_slider,
    selector,
)
from device_agent.kernel.controls.date_and_file import Upload
from device_agent.kernel.errors import ControlError


def control_types() -> list[Control]:
    return [
        range_slider(0, 9),
        range_slider(["a", "b"]),
        multi_slider(2),
        input_grid(1, 2),
        ColorSelector(),
        Button(),
        ButtonBar([1, 2]),
        HtmlBox("x"),
        UpdateButton(),
        DateBox(),
        FileBox(),
        selector([1, 2], multiple=True),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_any_wire_value_is_taken_or_refused_in_words(wire: Any) -> None:
    for control in control_types():
        try:
            control.read(wire, {"__builtins__": {}})
        except ControlError as error:
            assert str(error)


NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)


@given(NUMBERS, NUMBERS, st.none() | st.integers(1, 1000), st.floats(0, 1), st.floats(0, 1))
def test_a_range_slider_gives_back_any_part_of_itself(a: Any, b: Any, steps: Any, x: float, y: float) -> None:
    control = range_slider(a, b, steps=steps if a != b else None)
    low, high = control.vmin, control.vmax
    wanted = sorted(
        Slider(low, high, control.step_size, low + (high - low) * part).default for part in (x, y)
    )
    moved = control.at(tuple(wanted))
    assert list(moved.read(moved.describe()["default"], {})) == wanted
    assert low <= wanted[0] <= wanted[1] <= high


@given(
    st.lists(
        st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
        min_size=1,
        max_size=4,
    )
)
def test_a_grid_gives_back_its_numbers(rows: list[list[Any]]) -> None:
    control = input_grid(default=rows)
    assert control.read(json.loads(json.dumps(control.describe()["default"])), {}) == rows
    assert InputGrid(len(rows), 2, type=float).at(rows).initial({}) == [[*map(float, row)] for row in rows]


@given(st.binary(max_size=2000), st.text(), st.text())
def test_a_file_comes_through_unchanged(data: bytes, name: str, kind: str) -> None:
    box = FileBox().at(Upload(data, name, kind))
    file = box.read(json.loads(json.dumps(box.describe()["default"])), {})
    assert (file, file.name, file.type) == (data, name, kind)


@given(st.dates())
def test_any_date_comes_back(date: datetime.date) -> None:
    assert DateBox(date).initial({}) == date


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_any_colour_comes_back(parts: tuple[float, float, float]) -> None:
    colour = ColorSelector(parts).initial({})
    assert ColorSelector(colour).initial({}) == colour
    assert [int(colour[i : i + 2], 16) for i in (1, 3, 5)] == [round(255 * part) for part in parts]


@given(st.lists(st.integers(), min_size=1, unique=True), st.data())
def test_any_choice_of_several_comes_back(values: list[int], data: Any) -> None:
    chosen = data.draw(st.lists(st.sampled_from(values), unique=True))
    control = selector(values, multiple=True, default=chosen)
    assert control.read(control.describe()["default"], {}) == tuple(chosen)
