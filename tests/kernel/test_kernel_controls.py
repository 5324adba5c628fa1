"""Controls by themselves: their wire form, the way back, and degenerate input."""

import dataclasses
import json
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from device_agent.kernel.controls import (
    Checkbox,
    Control,
    ExpressionBox,
    InputBox,
    Selector,
    Slider,
    checkbox,
    input_box,
    selector,
    slider,
)
from device_agent.kernel.errors import ControlError

FINITE = st.floats(-1e9, 1e9, allow_nan=False)
NUMBERS = st.integers(-(10**9), 10**9) | FINITE


def parts(control: Control, *names: str) -> list[Any]:
    described = json.loads(json.dumps(control.describe(), allow_nan=False))
    return [described[name] for name in names]


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        (slider(1, 10), ["integer", [1, 10], 1, 1]),
        (slider(10, 1), ["integer", [1, 10], 1, 1]),
        (slider(5), ["integer", [0, 5], 1, 0]),
        (slider(3, 3), ["integer", [3, 3], 1, 3]),
        (slider(2.5, 2.5), ["continuous", [2.5, 2.5], 1.0, 2.5]),
        (slider(0, 10, 4), ["integer", [0, 8], 4, 0]),
        (slider(0, 10, step=5, default=6), ["integer", [0, 10], 5, 5]),
        (slider(0, 10, -5), ["integer", [0, 10], 5, 0]),
        (slider(0, 1, 1 / 3), ["continuous", [0.0, 0.9999999999999999], 1 / 3, 0.0]),
        (slider(0, 1, 0.1, 0.33), ["continuous", [0.0, 1.0], 0.1, 0.3]),
        (slider(0.0, 1), ["continuous", [0.0, 1.0], 0.004, 0.0]),
        (slider(1, 10, default=99), ["integer", [1, 10], 1, 10]),
        (slider(1, 10, default=-99), ["integer", [1, 10], 1, 1]),
        (slider(1, 10, 100), ["integer", [1, 1], 100, 1]),
        (slider(Fraction(1, 2), 2), ["continuous", [0.5, 2.0], 0.006, 0.5]),
        (slider(range(0, 10, 3), default=7), ["integer", [0, 9], 3, 6]),
        (slider(range(10, 0, -3)), ["integer", [1, 10], 3, 1]),
        (slider(list(range(10_000))), ["integer", [0, 9999], 1, 0]),
        (slider(range(10**6)), ["integer", [0, 10**6 - 1], 1, 0]),
    ],
)
def test_sliders_on_the_wire(control: Slider, expected: list[Any]) -> None:
    assert parts(control, "subtype", "range", "step", "default") == expected


def test_discrete_sliders() -> None:
    letters = slider(["a", "b", "c"], default="b", label="L")
    assert letters.describe() == {
        "control_type": "slider",
        "subtype": "discrete",
        "label": "L",
        "default": 1,
        "values": ["a", "b", "c"],
        "display_value": True,
    }
    assert letters.read(2, {}) == "c"
    assert slider([1, 2, 4, 8], default=5).describe()["default"] == 2
    assert parts(slider([3, 2, 1]), "values") == [["3", "2", "1"]]
    assert parts(slider([5]), "values", "default") == [["5"], 0]
    assert parts(slider(i * i for i in range(10**9)), "subtype") == ["discrete"]
    assert len(slider(i * i for i in range(10**9)).describe()["values"]) == 10_000
    assert dataclasses.replace(letters, label="M").describe()["default"] == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: slider(0, 1, 0), "step must not be 0"),
        (lambda: slider(0, math.inf), "finite"),
        (lambda: slider(math.nan, 1), "finite"),
        (lambda: slider(-1e308, 1e308), "too wide"),
        (lambda: slider(0, 1e308, 1e-308), "too small"),
        (lambda: slider(0, 10**400), "2\\*\\*53"),
        (lambda: slider(0, 1j), "real number"),
        (lambda: slider("a", 3), "vmin must be a number"),
        (lambda: slider(True, 3), "vmin must be a number"),
        (lambda: slider(0, 1, default="x"), "default must be a number"),
        (lambda: slider(0, 1, 0.1, step=0.1), "not both"),
        (lambda: slider([]), "at least one"),
        (lambda: slider(["a"] * 10_001), "at most 10000"),
        (lambda: slider(["a", "b"], default="c"), "none of the values"),
        (lambda: selector([]), "at least one"),
        (lambda: selector("abc"), "list"),
        (lambda: selector([1, 2], default=3), "none of the values"),
        (lambda: selector(["a"] * 10_001), "at most 10000"),
        (lambda: input_box(width=0), "width must be a whole number of at least 1"),
        (lambda: input_box("x", type=int), "whole number"),
        (lambda: InputBox(type="int"), "type must be a type"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_words(make: Any, words: str) -> None:
    with pytest.raises(ControlError, match=words):
        make().describe()


@pytest.mark.parametrize(
    ("control", "wire", "words"),
    [
        (slider(1, 10), 11, "from 1 to 10"),
        (slider(1, 10), 1.5, "whole number"),
        (slider(1, 10), "3", "whole number"),
        (slider(1, 10), True, "whole number"),
        (slider(1, 10), None, "whole number"),
        (slider(1, 10, 2), 2, "multiple of 2"),
        (slider(0.0, 1), 1.1, "from 0.0 to 1.0"),
        (slider(0.0, 1), math.nan, "finite"),
        (slider(0.0, 1), True, "number"),
        (slider(["a", "b"]), 2, "index from 0 to 1"),
        (slider(["a", "b"]), -1, "index from 0 to 1"),
        (selector([1, 2]), 2, "index from 0 to 1"),
        (selector([1, 2]), "1", "whole number"),
        (checkbox(), 1, "true or false"),
        (input_box("a", type=str), 3, "text"),
        (input_box(1, type=int), "1.5", "whole number"),
        (input_box(1, type=float), "x", "number"),
        (InputBox("1/2", type=Fraction), "1/0", "ZeroDivisionError"),
        (input_box(1), "", "is empty"),
        (input_box(1), "1 +", "SyntaxError"),
        (input_box(1), "x = 1", "SyntaxError"),
        (input_box(1, type=list), "3", "TypeError"),
    ],
)
def test_wrong_wire_values_are_refused_in_words(control: Control, wire: Any, words: str) -> None:
    with pytest.raises(ControlError, match=words):
        control.read(wire, {})


def test_boxes() -> None:
    assert input_box("a b", "L", str, 20, 3).describe() == {
        "control_type": "input_box",
        "subtype": "text",
        "label": "L",
        "default": "a b",
        "width": 20,
        "height": 3,
        "keypress": False,
    }
    assert parts(input_box(3, type=int), "subtype", "default") == ["integer", "3"]
    assert parts(input_box(0.5, type=float), "subtype", "default") == ["float", "0.5"]
    assert parts(input_box([1, 2]), "subtype", "default") == ["expression", "[1, 2]"]
    assert parts(input_box("a + 1"), "subtype", "default") == ["expression", "a + 1"]
    assert input_box(1, type=int).read(" 12 ", {}) == 12
    assert input_box(type=int).initial({}) is None
    assert input_box("a + 1").initial({"a": 1}) == 2
    assert input_box(1, type=str).read("1+1", {}) == "1+1"
    assert input_box(1, type=list).read("(1, 2)", {}) == [1, 2]
    assert InputBox("1/2", type=Fraction).initial({}) == Fraction(1, 2)
    assert checkbox().read(False, {}) is False
    assert parts(Checkbox(0, "c"), "default", "label") == [False, "c"]


def test_an_untouched_expression_is_the_default_itself() -> None:
    thing = object()
    box = ExpressionBox(thing)
    assert box.initial({}) is thing
    assert box.read(box.describe()["default"], {}) is thing
    assert box.read("1", {}) == 1


def test_selectors() -> None:
    pairs = selector([(1, "one"), (2, "two")], default=2, label="L", nrows=2, buttons=True)
    assert pairs.describe() == {
        "control_type": "selector",
        "subtype": "buttons",
        "label": "L",
        "default": 1,
        "values": ["one", "two"],
        "nrows": 2,
        "ncols": None,
        "width": None,
        "multiple": False,
    }
    assert pairs.read(0, {}) == 1
    assert dataclasses.replace(pairs, label="M").describe()["values"] == ["one", "two"]
    assert selector({"one": 1}).read(0, {}) == 1
    assert parts(Selector([(1, 2), 3]), "values") == [["(1, 2)", "3"]]


def test_values_that_misbehave_do_not_take_a_control_down() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no ==")

        __hash__ = None  # type: ignore[assignment]

        def __str__(self) -> str:
            return "odd" * 1000

    odd = Odd()
    control = selector([1, odd, 2], default=2)
    assert control.describe()["default"] == 2
    assert len(control.describe()["values"][1]) == 200
    assert selector([1, odd], default=odd).describe()["default"] == 1


@given(NUMBERS, NUMBERS, st.none() | NUMBERS.filter(lambda n: abs(n) > 1e-3), st.none() | NUMBERS)
@example(0, 134880135, 0.002996357237469614, None)
@example(-10000000, -10000001.46875, 1, None)
def test_a_slider_gives_back_what_its_own_wire_form_allows(a: Any, b: Any, step: Any, default: Any) -> None:
    control = slider(a, b, step, default)
    low, high = control.describe()["range"]
    start = control.describe()["default"]
    json.dumps(control.describe(), allow_nan=False)
    assert min(a, b) <= low <= start <= high <= max(a, b)
    assert control.describe()["step"] > 0
    for wire in (low, start, high):
        assert low <= control.read(wire, {}) <= high
    assert control.read(start, {}) == start
    assert dataclasses.replace(control, label="x").describe() == control.describe() | {"label": "x"}


@given(st.integers(-(2**53), 2**53), st.integers(0, 10**6), st.integers(1, 1000), st.data())
def test_every_step_of_an_integer_slider_is_exact(low: int, span: int, step: int, data: Any) -> None:
    high = min(low + span, 2**53)
    control = slider(low, high, step)
    steps = data.draw(st.integers(0, (high - low) // step))
    assert control.read(low + steps * step, {}) == low + steps * step


@given(st.lists(st.integers() | st.text() | st.floats() | st.tuples(st.integers(), st.text()), min_size=1))
def test_every_index_of_a_selector_gives_its_value(values: list[Any]) -> None:
    control = selector(values)
    pairs = all(isinstance(value, tuple) for value in values)
    for index, value in enumerate(values):
        assert control.read(index, {}) is (value[0] if pairs else value)
    assert len(control.describe()["values"]) == len(values)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@given(JSON)
def test_any_wire_value_is_taken_or_refused_in_words(wire: Any) -> None:
    controls = [slider(0, 9), slider(0.5, 2), slider(["a", "b"]), selector([1, 2]), checkbox()]
    for control in [*controls, input_box("a", type=str), input_box(1, type=int), input_box(1.5, type=float)]:
        try:
            control.read(wire, {})
        except ControlError as error:
            assert str(error)
