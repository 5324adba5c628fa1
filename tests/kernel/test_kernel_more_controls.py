"""The controls of several parts, of one click, and of special values: wire form, the way back, refusals."""

import base64
import dataclasses
import datetime
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_agent.kernel.abbreviations import control_of
from device_agent.kernel.controls import (
    Button,
    ButtonBar,
    Checkbox,
    ColorSelector,
    Control,
    DateBox,
    ExpressionBox,
    FileBox,
    HtmlBox,
    InputBox,
    InputGrid,
    MultiSlider,
    RangeSlider,
    Selector,
    Slider,
    UpdateButton,
    color_selector,
    input_box,
    input_grid,
    multi_slider,
    range_slider,
    selector,
    slider,
    text_control,
)
from device_agent.kernel.controls.date_and_file import LARGEST_FILE, Upload
from device_agent.kernel.errors import ControlError

DAY = datetime.date(2026, 11, 24)
FILE = {"name": "a.csv", "type": "text/csv", "data": base64.b64encode(b"1,2").decode()}


@pytest.mark.parametrize(
    ("control", "wire"),
    [
        (
            range_slider(0, 10, 2, (4, 99), "R", False),
            {
                "control_type": "range_slider",
                "subtype": "integer",
                "label": "R",
                "default": [4, 10],
                "range": [0, 10],
                "step": 2,
                "display_value": False,
            },
        ),
        (
            RangeSlider(["a", "b", "c"], default=("c", "b")),
            {
                "control_type": "range_slider",
                "subtype": "discrete",
                "label": None,
                "default": [1, 2],
                "values": ["a", "b", "c"],
                "display_value": True,
            },
        ),
        (
            MultiSlider({"left": (0, 1), "right": ["a", "b"]}, label="M"),
            {
                "control_type": "multi_slider",
                "label": "M",
                "default": [0, 0],
                "sliders": [
                    {"label": "left", "subtype": "integer", "range": [0, 1], "step": 1},
                    {"label": "right", "subtype": "discrete", "values": ["a", "b"]},
                ],
                "display_value": True,
            },
        ),
        (
            input_grid(2, 2, default=[[1, 2], [3, 4]], label="G"),
            {
                "control_type": "input_grid",
                "label": "G",
                "default": [["1", "2"], ["3", "4"]],
                "nrows": 2,
                "ncols": 2,
                "width": 4,
                "subtype": "expression",
            },
        ),
        (
            ColorSelector("RED", "C", hide_box=True),
            {"control_type": "color_selector", "label": "C", "default": "#ff0000", "hide_box": True},
        ),
        (
            Button("Go", 1, 2, "B", 10),
            {"control_type": "button", "label": "B", "default": False, "text": "Go", "width": 10},
        ),
        (
            ButtonBar([(1, "one"), (2, "two")], nrows=2, label="B"),
            {
                "control_type": "button_bar",
                "label": "B",
                "default": None,
                "values": ["one", "two"],
                "nrows": 2,
                "ncols": None,
                "width": None,
            },
        ),
        (
            text_control("<b>x</b>", "T"),
            {"control_type": "html_box", "label": "T", "default": None, "html": "<b>x</b>"},
        ),
        (
            HtmlBox("<b>", text=True),
            {"control_type": "html_box", "label": None, "default": None, "text": "<b>"},
        ),
        (
            UpdateButton("Draw"),
            {"control_type": "update_button", "label": None, "default": False, "text": "Draw"},
        ),
        (
            DateBox(DAY, "D", "2027-01-01", "2026-01-01"),
            {
                "control_type": "date_box",
                "label": "D",
                "default": "2026-11-24",
                "min": "2026-01-01",
                "max": "2027-01-01",
            },
        ),
        (
            FileBox("F", [".csv", "text/*"], 1000),
            {
                "control_type": "file_box",
                "label": "F",
                "default": None,
                "accept": ".csv,text/*",
                "limit": 1000,
            },
        ),
    ],
)
def test_the_wire_form_is_the_protocols(control: Control, wire: dict[str, Any]) -> None:
    assert json.loads(json.dumps(control.describe())) == wire
    # A copy with another label is the same control.
    copy: Any = dataclasses.replace(control, label="new")  # type: ignore[type-var]
    assert copy.describe() == control.describe() | {"label": "new"}


@pytest.mark.parametrize(
    ("control", "wire", "value"),
    [
        (range_slider(0, 10), [2, 5], (2, 5)),
        (range_slider(0, 10), [5, 2], (2, 5)),
        (range_slider(0.0, 1, steps=4), [0.25, 0.5], (0.25, 0.5)),
        (range_slider(["a", "b", "c"]), [0, 2], ("a", "c")),
        (range_slider(3, 3), [3, 3], (3, 3)),
        (multi_slider(2), [1, 0], [1, 0]),
        (multi_slider(2, (0, 10)), [3, 4], [3, 4]),
        (multi_slider(2, [(0, 1), (0, 10)]), [1, 9], [1, 9]),
        (multi_slider(2, values=["a", "b"]), [1, 0], ["b", "a"]),
        (multi_slider(2, values=[[1, 2, 4], [8, 16, 99]], default=[4, 8]), [0, 2], [1, 99]),
        (multi_slider([(0, 1.0, 0.5), slider(1, 3)]), [0.5, 2], [0.5, 2]),
        (input_grid(1, 2), [["1+1", "n"]], [[2, 7]]),
        (input_grid(2, 1, type=int), [["1"], ["2"]], [[1], [2]]),
        (input_grid(1, 2, type=str), [["a", ""]], [["a", ""]]),
        (input_grid(2, 2, default=3, to_value=sum), None, TypeError),
        (input_grid(1, 2, to_value=len), [["1", "2"]], 1),
        (ColorSelector(), "#ABC", "#aabbcc"),
        (Button("Go", value="on", default="off"), True, "on"),
        (Button("Go", value="on", default="off"), False, "off"),
        (ButtonBar({"one": 1, "two": 2}, default=0), 1, 2),
        (ButtonBar([1, 2], default=0), None, 0),
        (UpdateButton(), True, True),
        (HtmlBox("x"), None, "x"),
        (DateBox(), "2026-11-24", DAY),
        (DateBox(), None, None),
        (FileBox(), None, None),
        (selector(["ab", 1], multiple=True), [1, 0], (1, "ab")),
        (selector([1, 2], multiple=True, default=[2]), [], ()),
    ],
)
def test_wire_values_become_python_values(control: Control, wire: Any, value: Any) -> None:
    if value is TypeError:
        with pytest.raises(ControlError, match="TypeError"):
            control.initial({})
    else:
        assert control.read(wire, {"n": 7}) == value


def test_a_file_is_bytes_with_a_name() -> None:
    file = FileBox().read(FILE, {})
    assert (file, file.name, file.type, repr(file)) == (
        b"1,2",
        "a.csv",
        "text/csv",
        "<file 'a.csv', 3 bytes>",
    )
    assert FileBox().at(file).describe()["default"] == FILE


@pytest.mark.parametrize(
    ("control", "wire", "words"),
    [
        (range_slider(0, 10), 3, r"\[low, high\]"),
        (range_slider(0, 10), [1], r"\[low, high\]"),
        (range_slider(0, 10), [1, 11], "from 0 to 10"),
        (multi_slider(2), [1], "list of 2"),
        (multi_slider(2), [0, 7], "slider 2: must be from 0 to 1"),
        (input_grid(2, 2), [["1", "2"]], "2 rows"),
        (input_grid(1, 2), [["1"]], "2 texts"),
        (input_grid(1, 2), [["1", "1 +"]], "row 1, column 2: SyntaxError"),
        (input_grid(1, 1), [[3]], "row 1, column 1: must be text"),
        (ColorSelector(), "blurple", "no colour"),
        (ColorSelector(), 3, "colour"),
        (Button(), 1, "true or false"),
        (ButtonBar([1]), 1, "index"),
        (UpdateButton(), None, "true or false"),
        (HtmlBox(), "x", "no value"),
        (DateBox(), "24.11.2026", "date such as"),
        (DateBox(), 3, "date such as"),
        (DateBox(min="2026-01-01"), "2025-12-31", "before 2026-01-01"),
        (DateBox(max="2026-01-01"), "2026-01-02", "after 2026-01-01"),
        (FileBox(), "x", "a file"),
        (FileBox(), FILE | {"data": "?"}, "base64"),
        (FileBox(), FILE | {"name": 3}, "a file"),
        (FileBox(limit=2), FILE, "3 bytes, more than 2"),
        (selector([1, 2], multiple=True), 1, "list of indexes"),
        (selector([1, 2], multiple=True), [2], "index from 0 to 1"),
    ],
)
def test_wrong_wire_values_are_refused_in_words(control: Control, wire: Any, words: str) -> None:
    with pytest.raises(ControlError, match=words):
        control.read(wire, {})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: range_slider(0, 10, 0), "step must not be 0"),
        (lambda: range_slider(0, 10, default=3), "list of 2"),
        (lambda: range_slider([]), "at least one"),
        (lambda: multi_slider(0), "1 to 100"),
        (lambda: multi_slider(10**9), "1 to 100"),
        (lambda: multi_slider([]), "1 to 100"),
        (lambda: multi_slider("ab"), "number or a list"),
        (lambda: multi_slider(2, default=[1]), "2 entries"),
        (lambda: multi_slider(3, [(0, 1), (0, 2)]), "interval must have 3"),
        (lambda: multi_slider([(0, 1), (0, 1, 0)]), "slider 2: step"),
        (lambda: input_grid(0, 2), "nrows"),
        (lambda: input_grid(10**9, 2), "at most 1000 boxes"),
        (lambda: input_grid(2, 2, [1, 2, 3]), "does not fit"),
        (lambda: input_grid(2, 2, [[1, 2], [3]]), "does not fit"),
        (lambda: input_grid(default=[]), "at least one box"),
        (lambda: input_grid(default=[[]]), "at least one box"),
        (lambda: input_grid(default=[1, [2]]), "not both"),
        (lambda: input_grid(1, 1, ["x"], type=int), "row 1, column 1: must be a whole number"),
        (lambda: input_grid(to_value=3), "to_value must be callable"),
        (lambda: color_selector("blurple"), "no colour"),
        (lambda: color_selector((1, 2, 3)), "no colour"),
        (lambda: ButtonBar([]), "at least one"),
        (lambda: ButtonBar([1], nrows=0), "nrows"),
        (lambda: HtmlBox("x" * 70_000), "more than"),
        (lambda: DateBox("soon"), "default must be a date"),
        (lambda: DateBox(DAY, max="2026-01-01"), "after"),
        (lambda: FileBox(limit=0), "limit"),
        (lambda: FileBox(limit=LARGEST_FILE + 1), "at most"),
        (lambda: FileBox(default="x"), "bytes"),
        (lambda: selector([1], kind="menu"), "kind must be list, radio or buttons"),
        (lambda: selector([1], kind="radio", multiple=True), "multiple"),
        (lambda: selector([1], multiple=True, default=[2]), "none of the values"),
        (lambda: slider(0, 1, steps=0), "steps must be"),
        (lambda: slider([1, 2], steps=2), "needs a range"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_words(make: Any, words: str) -> None:
    with pytest.raises(ControlError, match=words):
        make()


@pytest.mark.parametrize(
    ("control", "value", "read"),
    [
        (slider(0, 10), 3, 3),
        (slider(0, 1, 0.25), 0.5, 0.5),
        (slider(["a", "b"]), "b", "b"),
        (range_slider(0, 10), (2, 4), (2, 4)),
        (range_slider(["a", "b", "c"]), ("b", "c"), ("b", "c")),
        (multi_slider(2, (0, 9)), [3, 4], [3, 4]),
        (selector([1, 2]), 2, 2),
        (selector([1, 2, 3], multiple=True), [3, 1], (3, 1)),
        (Checkbox(), False, False),
        (InputBox("a"), "b", "b"),
        (input_box(1, type=int), 5, 5),
        (ExpressionBox(1), [1, 2], [1, 2]),
        (input_grid(1, 2), [[5, 6]], [[5, 6]]),
        (input_grid(1, 2), [5, 6], [[5, 6]]),
        (input_grid(2, 2), 1, [[1, 1], [1, 1]]),
        (ColorSelector(), (1, 0, 0), "#ff0000"),
        (HtmlBox("a"), "b", "b"),
        (DateBox(), DAY, DAY),
        (FileBox(), Upload(b"x", "n", "t"), b"x"),
    ],
)
def test_a_control_moves_to_a_python_value(control: Control, value: Any, read: Any) -> None:
    moved = control.at(value)
    assert moved.read(moved.describe()["default"], {}) == read
    assert type(moved) is type(control)


@pytest.mark.parametrize(
    ("control", "value", "words"),
    [
        (slider(0, 10), 11, "from 0 to 10"),
        (slider(["a", "b"]), "c", "none of the values"),
        (range_slider(0, 10), (2, 11), "from 0 to 10"),
        (range_slider(0, 10), 3, "list of 2"),
        (multi_slider(2), [0, 2], "slider 2"),
        (selector([1, 2]), None, "none of the values"),
        (InputBox("a"), 3, "text"),
        (input_grid(1, 2), [[1]], "does not fit"),
        (Button(), True, "no value"),
    ],
)
def test_a_control_refuses_what_is_no_value_of_it(control: Control, value: Any, words: str) -> None:
    with pytest.raises(ControlError, match=words):
        control.at(value)


def test_arrays_come_back_as_arrays() -> None:
    flat, square = control_of(np.array([1, 2])), control_of(np.eye(2))
    assert (flat.describe()["nrows"], flat.describe()["ncols"]) == (1, 2)
    np.testing.assert_array_equal(flat.read([["3", "4"]], {}), np.array([3, 4]), strict=True)
    np.testing.assert_array_equal(flat.read([["3", "1.5"]], {}), np.array([3, 1.5]), strict=True)
    np.testing.assert_array_equal(
        square.read([["1", "2"], ["3", "4"]], {}), np.array([[1.0, 2], [3, 4]]), strict=True
    )
    assert isinstance(control_of(np.zeros((2, 2, 2))), ExpressionBox)
    assert isinstance(control_of(np.zeros(5000)), ExpressionBox)
    assert isinstance(control_of(np.array([])), ExpressionBox)
    assert isinstance(control_of(np.array(["a"])), ExpressionBox)
    assert input_grid(default=np.eye(2)).read([["1", "2"], ["3", "4"]], {}) == [[1, 2], [3, 4]]
    moved = square.at(np.ones((2, 2)))
    np.testing.assert_array_equal(moved.initial({}), np.ones((2, 2)), strict=True)


def test_ten_thousand_even_values_travel_as_a_range() -> None:
    for values in (
        np.linspace(0, 1, 10_000),
        np.arange(10_000),
        [i / 10 for i in range(10_000)],
        tuple(range(10_000)),
        (i * 0.5 for i in range(10_000)),
    ):
        control = slider(values)
        assert len(json.dumps(control.describe())) < 300
        low, high = control.describe()["range"]
        assert control.read(high, {}) == high
        assert control.read(low, {}) == low
    points = np.linspace(-3, 7, 10_000)
    control = slider(points, default=points[1234])
    assert control.describe()["default"] == pytest.approx(points[1234], abs=1e-9)
    # A short list of floats keeps its very values, and so do uneven and falling ones.
    assert slider([0.1, 0.2, 0.3]).describe()["subtype"] == "discrete"
    assert slider([i * i * 0.5 for i in range(600)]).describe()["subtype"] == "discrete"
    assert slider(np.linspace(1, 0, 600)).describe()["subtype"] == "discrete"


def test_labels_are_plain_text() -> None:
    for label in ("<b>x</b>", "$x^2$", "a & b"):
        for control in (slider(0, 1, label=label), Checkbox(label=label), control_of((label, 3))):
            assert control.describe()["label"] == label


def test_an_object_that_has_html_shows_it() -> None:
    class Table:
        def _repr_html_(self) -> str:
            return "<table>"

    assert HtmlBox(Table()).describe()["html"] == "<table>"
    assert "Table object" in HtmlBox(Table(), text=True).describe()["text"]


def test_older_spellings_of_the_kind() -> None:
    assert Selector([1, 2], selector_type="button").describe()["subtype"] == "buttons"
    assert Selector([1, 2], selector_type="radio").describe()["subtype"] == "radio"
    assert Selector([1, 2], buttons=True).describe()["subtype"] == "buttons"
    assert selector([1, 2], kind="radio").describe()["subtype"] == "radio"


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
