"""Every example runs in a real kernel without an error, and so does a change of each of its interacts."""

from pathlib import Path

import pytest
from kernel_driver import Kernel

from device_agent.kernel import controls
from device_agent.kernel.options import NAMES

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.py"))}
USED: set[str] = set()


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_runs_and_takes_a_change(kernel: Kernel, name: str) -> None:
    code = EXAMPLES[name]
    assert code.startswith("# "), "the first line says what it shows"
    outcome = await kernel.run(code, cellId="example")
    assert outcome.reply["content"]["status"] == "ok", outcome.reply["content"]
    assert [error["content"]["traceback"] for error in outcome.of("error")] == []
    assert outcome.inner("interact_error") == []
    starts = outcome.inner("interact_start")
    assert starts or name == "errors_explain"
    for start in starts:
        function = start["function_name"]
        known = dict(start["controls"])
        for update in outcome.inner("interact_update"):
            if update["function_name"] == function:
                known |= update.get("controls", {})
                known = {n: c for n, c in known.items() if n not in update.get("removed", [])}
        USED.update(control["control_type"] for control in known.values())
        if start["options"]["readonly"] or start["parent"]:
            continue
        wire = {argument: control["default"] for argument, control in known.items()}
        change = {"function_name": function, "values": wire, "state": 1_000_000}
        changed = await kernel.run("", interact=change)
        assert [error["content"]["traceback"] for error in changed.of("error")] == []
        assert changed.inner("interact_error") == []
        assert changed.inner("interact_end")


async def test_the_examples_use_every_control_and_every_option() -> None:
    assert len(EXAMPLES) >= 28
    expected = {
        "button",
        "button_bar",
        "checkbox",
        "color_selector",
        "date_box",
        "file_box",
        "html_box",
        "input_box",
        "input_grid",
        "multi_slider",
        "range_slider",
        "selector",
        "slider",
        "update_button",
    }
    assert expected == USED
    text = "\n".join(EXAMPLES.values())
    assert [option for option in NAMES if f"{option}=" not in text] == []
    classes = {name for name in controls.__all__ if name[0].isupper()}
    unused = classes - {"Control", "Checkbox", "ExpressionBox", "InputGrid", "RangeSlider", "Slider"}
    assert [name for name in unused if f"{name}(" not in text] == []
