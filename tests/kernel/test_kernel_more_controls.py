"""The controls of several parts, of one click, and of special values: wire form, the way back, refusals."""

import base64
import dataclasses
import datetime
import json
from typing import Any

import pytest

from device_agent.kernel.controls import (
    Button,
    ButtonBar,
    ColorSelector,
    Control,
    DateBox,
    FileBox,
    HtmlBox,
    MultiSlider,
    RangeSlider,
    UpdateButton,
    input_grid,
    multi_slider,
    range_slider,
    selector,
    slider,
    text_control,
)
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


def test_sages_two_slider_classes_are_sliders_here() -> None:
    from device_agent.kernel.controls import ContinuousSlider, DiscreteSlider

    discrete = DiscreteSlider(["a", "b", "c"], default=1, label="L")
    assert (discrete.describe()["subtype"], discrete.describe()["default"]) == ("discrete", 1)
    assert discrete.read(2, {}) == "c"
    pair = DiscreteSlider("xyz", default=(0, 1), range_slider=True)
    assert pair.read([1, 2], {}) == ("y", "z")
    smooth = ContinuousSlider((0, 10), steps=20)
    assert smooth.describe()["subtype"] == "continuous"
    assert smooth.describe()["step"] == 0.5
    assert ContinuousSlider((0, 10), stepsize=2.5).describe()["step"] == 2.5
    assert ContinuousSlider((0, 10), default=(1, 2), range_slider=True).describe()["default"] == [1, 2]
