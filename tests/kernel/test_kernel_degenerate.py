"""Controls that cannot be, values that are none, and what is at the edge but works."""

import datetime
import json
from typing import Any

import numpy as np
import pytest

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
    Selector,
    color_selector,
    input_box,
    input_grid,
    multi_slider,
    range_slider,
    selector,
    slider,
)
from device_agent.kernel.controls.date_and_file import LARGEST_FILE, Upload
from device_agent.kernel.errors import ControlError

DAY = datetime.date(2026, 11, 24)


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
