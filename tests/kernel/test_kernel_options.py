"""The options of interact in a real kernel, as the browser is told of them."""

import pytest
from kernel_driver import Kernel

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def start_of(kernel: Kernel, code: str) -> dict[str, object]:
    outcome = await kernel.run(code)
    assert outcome.reply["content"]["status"] == "ok", outcome.reply["content"]
    (start,) = outcome.inner("interact_start")
    return start


async def test_every_option_reaches_the_browser(kernel: Kernel) -> None:
    start = await start_of(
        kernel,
        "@interact(update=['n'], readonly=True, output=False, preempt=True, throttle=50)\n"
        "def every(n=(1, 3), m=2): pass",
    )
    assert start["options"] == {
        "update": ["n"],
        "readonly": True,
        "output": False,
        "preempt": True,
        "throttle": 50,
    }
    # Without an output area there is nothing to place.
    assert start["layout"] == [[["n", None]], [["m", None]]]


async def test_a_dict_layout_keeps_its_sides_and_can_be_used_twice(kernel: Kernel) -> None:
    code = "sides = {'left': [['a']], 'bottom': [[('b', 2), None]]}\n"
    code += "def pair(a=1, b=2, c=3): pass\ninteract(pair, layout=sides)"
    expected = {
        "top": [[["c", None]]],
        "left": [[["a", None]]],
        "right": [],
        "bottom": [[["b", 2], [None, None]]],
    }
    assert (await start_of(kernel, code))["layout"] == expected
    assert (await start_of(kernel, "interact(pair, layout=sides)"))["layout"] == expected
    assert await kernel.answer("print(sides)") == "{'left': [['a']], 'bottom': [[('b', 2), None]]}"


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("update=['q']", "'q'"),
        ("update=[]", "update"),
        ("auto_update=False, update='auto'", "contradicts"),
        ("layout={'centre': [['n']]}", "'centre'"),
        ("layout={'top': [['n']], 'left': [['n']]}", "'n' twice"),
        ("layout={'top': [['_output']]}", "'_output'"),
        ("layout={'top': 3}", "list of rows"),
        ("output=0", "output"),
    ],
)
async def test_wrong_options_are_named(kernel: Kernel, option: str, named: str) -> None:
    outcome = await kernel.run(f"@interact({option})\ndef wrong(n=(1, 10)): pass")
    content = outcome.reply["content"]
    assert (content["ename"], named in content["evalue"]) == ("OptionError", True), content["evalue"]


async def test_controls_are_given_in_every_shape(kernel: Kernel) -> None:
    for given in (
        "[(1, 10), 'x']",
        "controls=[('n', (1, 10)), ('m', 'x')]",
        "controls={'n': (1, 10), 'm': 'x'}",
    ):
        start = await start_of(kernel, f"@interact({given})\ndef shaped(n, m): print(n, m)")
        controls: dict[str, dict[str, object]] = start["controls"]  # type: ignore[assignment]
        assert [control["control_type"] for control in controls.values()] == ["slider", "input_box"]


async def test_a_function_that_takes_any_name_gets_those_of_its_list(kernel: Kernel) -> None:
    code = "@interact(controls=[('n', (1, 3)), ('m', [1, 2])], layout={'left': ['n', 'm']})\n"
    outcome = await kernel.run(code + "def anything(**kw): print(kw)")
    assert outcome.text(("anything", 1)) == "{'n': 1, 'm': 1}\n"


async def test_keywords_styles_and_annotations(kernel: Kernel) -> None:
    outcome = await kernel.run("""
def f(x): print("f", x)
interact(f, x=10)
interact(f, x=10, style="ipywidgets")
@interact
def annotated(x: (0, 10), y: fixed(2), c: True): print(x, y, c)
""")
    by_name = {start["function_name"]: start["controls"] for start in outcome.inner("interact_start")}
    assert by_name["f"]["x"]["subtype"] == "expression"
    assert by_name["f-2"]["x"]["range"] == [-10, 30]
    assert outcome.text(("annotated", 1)) == "0 2 True\n"


async def test_an_update_button_makes_changes_wait(kernel: Kernel) -> None:
    code = "@interact\ndef waits(n=(1, 3), go=UpdateButton('Draw')): print(n, go)"
    start = await start_of(kernel, code)
    assert start["options"]["update"] == "button"  # type: ignore[index]
    assert (await kernel.change("waits", 2, n=2, go=True)).text(("waits", 2)) == "2 True\n"
    start = await start_of(kernel, "@interact\ndef sage(n=(1, 3), auto_update=False): print(n)")
    assert start["options"]["update"] == "button"  # type: ignore[index]


async def test_interact_manual_waits_for_its_button(kernel: Kernel) -> None:
    outcome = await kernel.run("@interact_manual\ndef manual(n=(1, 3)): print(n)\nprint(manual.n)")
    assert outcome.kinds() == [("interact_start", None), ("interact_end", ("manual", 1)), ("stream", None)]
    assert outcome.inner("interact_start")[0]["options"]["update"] == "button"
    assert (await kernel.change("manual", 2, n=2)).text(("manual", 2)) == "2\n"
    keywords = await kernel.run("interact_manual(lambda x: print(x), x=(1, 3))")
    assert keywords.inner("interact_start")[0]["controls"]["x"]["range"] == [1, 3]


async def test_a_traceback_begins_with_the_call(kernel: Kernel) -> None:
    await kernel.run("""
class Shy:
    def __repr__(self): raise RuntimeError
    def __str__(self): return "shy"
@interact
def call(n=(0, 3), long="x" * 500, shy=fixed(1), proxy_free=selector([Shy()])):
    if n == 1: eval("1 +")
    if n == 2: raise ExceptionGroup("several", [ValueError("one")])
    1 / n
""")
    for state, n in ((2, 0), (3, 1), (4, 2)):
        outcome = await kernel.change("call", state, n=n, long="y" * 500, proxy_free=0)
        assert outcome.of("error") != [], outcome.messages
        head = outcome.of("error")[0]["content"]["traceback"][0]
        assert head.startswith(f"call(n={n}, long='yyyy")
        assert len(head) < 250
    failed = await kernel.run("1 / 0")
    assert "call(" not in failed.of("error")[0]["content"]["traceback"][0]


async def test_names_are_free_without_an_import(kernel: Kernel) -> None:
    names = (
        "Button ButtonBar Checkbox ColorSelector DateBox ExpressionBox FileBox HtmlBox InputBox InputGrid "
        "MultiSlider RangeSlider Selector Slider UpdateButton checkbox color_selector fixed input_box "
        "input_grid interact interact_manual multi_slider range_slider selector slider text_control"
    )
    assert await kernel.answer(f"print(all(map(callable, [{', '.join(names.split())}])))") == "True"


async def test_nesting_too_deep_is_said(kernel: Kernel) -> None:
    outcome = await kernel.run(
        "def deep():\n    interact(deep)\ninteract(deep)\n",
    )
    assert "nested too deep" in outcome.of("error")[0]["content"]["evalue"]
    assert outcome.reply["content"]["status"] == "ok"
