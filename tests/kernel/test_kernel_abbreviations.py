"""Values that become controls, parameters that become plans, options and layouts."""

import ast
import datetime
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import device_agent.kernel
from device_agent.kernel.abbreviations import control_of, fixed
from device_agent.kernel.controls import (
    Button,
    Checkbox,
    ExpressionBox,
    InputBox,
    Selector,
    Slider,
    checkbox,
    slider,
)
from device_agent.kernel.errors import ControlError, OptionError
from device_agent.kernel.layout import layout_of
from device_agent.kernel.options import controls_given, options_of
from device_agent.kernel.parameters import plan_of
from device_agent.kernel.registry import MOST_SIBLINGS, MOST_STATES, Registry


def short(control: Any) -> tuple[Any, ...]:
    """The kind, the extent and the start of a control."""
    wire = control.describe()
    extent = wire.get("range") or wire.get("values")
    kind = wire.get("subtype", wire["control_type"])
    return (kind, extent, wire["default"]) if extent else (kind, wire["default"])


@pytest.mark.parametrize(
    ("value", "sage", "ipywidgets"),
    [
        (True, ("checkbox", True), None),
        ("t", ("text", "t"), None),
        (5, ("expression", "5"), ("integer", [-5, 15], 5)),
        (-5, ("expression", "-5"), ("integer", [-15, 5], -5)),
        (0, ("expression", "0"), ("integer", [0, 1], 0)),
        (0.5, ("expression", "0.5"), ("continuous", [-0.5, 1.5], 0.5)),
        ((1, 10), ("integer", [1, 10], 1), ("integer", [1, 10], 5)),
        ((1, 10.0), ("continuous", [1.0, 10.0], 1.0), ("continuous", [1.0, 10.0], 5.5)),
        ((0, 10, 5), ("integer", [0, 10], 0), ("integer", [0, 10], 5)),
        ((0, 1, 0.25), ("continuous", [0.0, 1.0], 0.0), ("continuous", [0.0, 1.0], 0.5)),
        ((3, 3), ("integer", [3, 3], 3), None),
        ((10, 1), ("integer", [1, 10], 1), ("integer", [1, 10], 5)),
        ((np.int64(1), np.int64(4)), ("integer", [1, 4], 1), ("integer", [1, 4], 2)),
        ((1, 2, 4, 8), ("discrete", ["1", "2", "4", "8"], 0), ("list", ["1", "2", "4", "8"], 0)),
        ((1, 2, 3, 4), ("integer", [1, 4], 1), ("list", ["1", "2", "3", "4"], 0)),
        ((True, False), ("discrete", ["True", "False"], 0), ("list", ["True", "False"], 0)),
        (("a", "b"), ("text", "b"), ("list", ["a", "b"], 0)),
        ([7], ("button", False), ("list", ["7"], 0)),
        ([(7, "seven")], ("button", False), ("list", ["7"], 0)),
        ([1, 2, 3], ("buttons", ["1", "2", "3"], 0), ("list", ["1", "2", "3"], 0)),
        ([(1, "one"), (2, "two")], ("buttons", ["one", "two"], 0), ("list", ["1", "2"], 0)),
        ([*"abcde"], ("buttons", [*"abcde"], 0), ("list", [*"abcde"], 0)),
        ([*"abcdef"], ("list", [*"abcdef"], 0), None),
        ([(1, 2), 3], ("buttons", ["(1, 2)", "3"], 0), ("list", ["(1, 2)", "3"], 0)),
        ({"one": 1}, ("list", ["one"], 0), None),
        (datetime.date(2026, 11, 24), ("date_box", "2026-11-24"), None),
        (datetime.datetime(2026, 1, 2), ("expression", "datetime.datetime(2026, 1, 2, 0, 0)"), None),
        (np.True_, ("checkbox", True), None),
        (np.float64(0.5), ("expression", "0.5"), ("continuous", [-0.5, 1.5], 0.5)),
        (np.array([1, 2]), ("expression", [["1", "2"]]), None),
        (np.eye(2), ("expression", [["1.0", "0.0"], ["0.0", "1.0"]]), None),
        (range(0, 10, 2), ("integer", [0, 8], 0), None),
        (None, ("expression", "None"), None),
        (3 + 4j, ("expression", "(3+4j)"), None),
    ],
)
def test_the_table(value: Any, sage: tuple[Any, ...], ipywidgets: tuple[Any, ...] | None) -> None:
    assert short(control_of(value)) == sage
    assert short(control_of(value, "ipywidgets")) == (ipywidgets or sage)


def test_iterators_are_taken_once() -> None:
    assert short(control_of(c for c in "ab")) == ("discrete", ["a", "b"], 0)
    assert short(control_of(iter("ab"), "ipywidgets")) == ("list", ["a", "b"], 0)


@pytest.mark.parametrize(
    ("value", "label", "expected"),
    [
        (("L", (1, 10)), "L", ("integer", [1, 10], 1)),
        ((5, (1, 10)), None, ("integer", [1, 10], 5)),
        (("L", (5, (1, 10))), "L", ("integer", [1, 10], 5)),
        ((5, ("L", (1, 10))), "L", ("integer", [1, 10], 5)),
        (("L", 3), "L", ("expression", "3")),
        (("L", True), "L", ("checkbox", True)),
        ((2, [1, 2, 3]), None, ("buttons", ["1", "2", "3"], 1)),
        ((4, range(10)), None, ("integer", [0, 9], 4)),
        (("L", slider(1, 3)), "L", ("integer", [1, 3], 1)),
        ((2, slider(1, 3)), None, ("integer", [1, 3], 2)),
        (("L", slider(1, 3, label="own")), "own", ("integer", [1, 3], 1)),
        ((99, (1, 10)), None, ("integer", [1, 10], 10)),
    ],
)
def test_labels_and_defaults_are_peeled(value: Any, label: str | None, expected: tuple[Any, ...]) -> None:
    control = control_of(value)
    assert (control.label, short(control)) == (label, expected)


def test_a_control_is_itself() -> None:
    control = checkbox(False, "mine")
    assert control_of(control) is control


def plan(function: Callable[..., Any], style: str = "sage", **given: Any) -> Any:
    return plan_of(function, given, style)


def test_parameters_become_a_plan() -> None:
    held = fixed("e")

    def function(proxy, a, b: (0, 10), c: (0, 10) = 5, d: int = 3, e=held, *rest, f=True, **more): ...

    made = plan(function, extra=[1, 2])
    assert made.proxy == "proxy"
    assert {name: short(control) for name, control in made.controls.items()} == {
        "a": ("expression", "None"),
        "b": ("integer", [0, 10], 0),
        "c": ("integer", [0, 10], 5),
        "d": ("expression", "3"),
        "f": ("checkbox", True),
        "extra": ("buttons", ["1", "2"], 0),
    }
    assert made.fixed == {"e": "e"}


def test_positional_only_parameters_are_called_in_order() -> None:
    def function(a=1, b=2, /, c=3):
        return a, b, c

    positional, named = plan(function).arguments({"c": 30, "b": 20, "a": 10}, None)
    assert function(*positional, **named) == (10, 20, 30)


def test_errors_name_the_parameter() -> None:
    with pytest.raises(OptionError, match="'zz'"):
        plan(lambda n: n, zz=1)
    with pytest.raises(ControlError, match=r"^n: step"):
        plan(lambda n: n, n=(1, 2, 0))

    async def later(n=1): ...

    with pytest.raises(OptionError, match="async"):
        plan(later)


def test_controls_in_three_shapes() -> None:
    assert controls_given({"n": (1, 2)}, ["n"]) == {"n": (1, 2)}
    assert controls_given([("m", (1, 2)), ("n", True)], ["n", "m"]) == {"m": (1, 2), "n": True}
    assert controls_given([(1, 2), True], ["n", "m"]) == {"n": (1, 2), "m": True}
    assert controls_given([("n", 1), ("m", 2)], [], True) == {"n": 1, "m": 2}
    assert controls_given([("Label", 1)], ["n"]) == {"n": ("Label", 1)}
    with pytest.raises(OptionError, match="controls"):
        controls_given([1, 2], ["n"])
    with pytest.raises(OptionError, match="controls"):
        controls_given(3, ["n"])


def test_options() -> None:
    assert options_of({}).describe() == {
        "update": "auto",
        "readonly": False,
        "output": True,
        "preempt": False,
        "throttle": None,
    }
    assert options_of({"auto_update": False}).update == "button"
    with pytest.raises(OptionError, match="contradicts"):
        options_of({"auto_update": False, "update": "auto"})


def test_layouts() -> None:
    assert layout_of(None, ["a", "b"]) == [[["a", None]], [["b", None]], [["_output", None]]]
    assert layout_of([["_output", ("b", 3), None]], ["a", "b"]) == [
        [["a", None]],
        [["_output", None], ["b", 3], [None, None]],
    ]
    given_layout = [["a", "b"]]
    layout_of(given_layout, ["a", "b"])
    assert given_layout == [["a", "b"]]
    for wrong, named in [
        ([["a"], ["a"]], "'a' twice"),
        ("a", "list of rows"),
        ([[("a", -1)]], "width"),
        ([[3]], "3"),
    ]:
        with pytest.raises(OptionError, match=named):
            layout_of(wrong, ["a"])


@given(st.lists(st.text(), unique=True), st.data())
def test_a_layout_places_everything_exactly_once(names: list[str], data: Any) -> None:
    names = [name for name in names if name != "_output"]
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    rows = layout_of([[name] for name in chosen], names)
    assert sorted(cell[0] for row in rows for cell in row) == sorted([*names, "_output"])
    assert rows[-1] == [["_output", None]]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=5) | st.lists(inner, max_size=5).map(tuple),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["sage", "ipywidgets"]))
def test_any_value_becomes_a_control_or_an_error_in_words(value: Any, style: str) -> None:
    try:
        control = control_of(value, style)
        described = control.describe()
    except ControlError as error:
        assert str(error)
        return
    assert isinstance(control, Button | Checkbox | ExpressionBox | InputBox | Selector | Slider)
    json.dumps(described, allow_nan=False)
    control.initial({})


def test_the_registry_forgets_the_oldest_states() -> None:
    registry, made = Registry(), plan(lambda: None)
    for number in range(MOST_STATES + 100):
        function = type(f"f{number}", (), {})
        live = registry.add(function, made, options_of({}), None, None, None)
        registry.enter_state(live, 5)
    assert len(registry._states) == MOST_STATES
    assert len(registry) == MOST_SIBLINGS
    registry.forget(live)
    assert registry.next_state(registry.add(function, made, options_of({}), None, None, None)) == 6


def test_the_library_imports_only_what_a_kernel_has() -> None:
    allowed = {*sys.stdlib_module_names, "IPython", "ipykernel", "traitlets", "device_agent"}
    for path in Path(inspect.getfile(device_agent.kernel)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                assert module.split(".")[0] in allowed, (path, module)
                assert not module.startswith("device_agent") or module.startswith("device_agent.kernel")


def test_an_annotation_that_has_become_a_text_still_counts() -> None:
    from device_agent.kernel.parameters import plan_of

    namespace: dict[str, Any] = {}
    code = "from __future__ import annotations\ndef f(x: (0, 10), y: 'no such name' = 3): pass"
    exec(code, namespace)  # noqa: S102

    plan = plan_of(namespace["f"], {}, "sage")

    assert plan.controls["x"].describe()["range"] == [0, 10]
