"""Steering an interact from code: from another cell, and from inside the running function."""

import pytest
from kernel_driver import Kernel, Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")


def updates(outcome: Outcome) -> list[dict[str, object]]:
    found = outcome.inner("interact_update")
    return [{key: value for key, value in update.items() if key != "stamp"} for update in found]


async def test_reading_and_setting_from_another_cell(kernel: Kernel) -> None:
    await kernel.run("""
@interact
def f(n=(1, 10), t="a", kind=["x", "y"], e=input_box("n0 + 1"), z=fixed(3)):
    print(n, t, kind, e, z)
n0 = 1
""")
    # n0 came after the first run; the next change finds it.
    assert (await kernel.change("f", 2, n=4, t="b", kind=1, e="n0 + 1")).text(("f", 2)) == "4 b y 2 3\n"
    assert await kernel.answer("print(f.n, f.t, f.kind, f.e, f.z, f['n'])") == "4 b y 2 3 4"
    outcome = await kernel.run(
        "f.n = 7\nf.kind = 'x'\nf.e = 'n0 + 10'\nf.z = 5\nprint(f.n, f.kind, f.e, f.changed)"
    )
    assert outcome.text(None) == "7 x 11 ['n', 'kind', 'e']\n"
    assert updates(outcome) == [
        {"function_name": "f", "values": {"n": 7}},
        {"function_name": "f", "values": {"kind": 0}},
        {"function_name": "f", "values": {"e": "n0 + 10"}},
    ]
    assert outcome.inner("interact_end") == []
    ran = await kernel.run("f.update()\nprint(f.changed)")
    assert ran.text(("f", 3)) == "7 b x 11 5\n"
    assert ran.text(None) == "[]\n"
    assert ("interact_end", ("f", 3)) in ran.kinds()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("g.n = 11", "n: must be from 1 to 10, not 11"),
        ("g.n = 'x'", "n: the value must be a number"),
        ("g.kind = 'z'", "kind: 'z' is none of the values"),
        ("g.go = True", "go: a button holds no value"),
        ("g.b = 'yes'", "b: must be True or False"),
        ("g.e = '1 +'", "e: SyntaxError"),
        ("g.d = 'yesterday'", "d: default must be a date"),
        ("g.remove('q')", "no control named 'q'"),
        ("g.q", "no control named 'q'"),
        ("del g.q", "no control named 'q'"),
        ("g.new = (1, 2, 0)", "new: step must not be 0"),
        ("g.add('_output', 3)", "'_output' cannot be the name"),
        ("g.update = 3", "'update' is a method"),
        ("g.set_state({'q': 1})", "no control named 'q'"),
        ("g.set_state({'n': 5, 'kind': 9})", "kind: must be an index"),
    ],
)
async def test_wrong_steering_is_refused_by_name(kernel: Kernel, code: str, words: str) -> None:
    await kernel.run(
        "@interact\ndef g(n=(1, 10), kind=['x', 'y'], go=Button('Go'), "
        "b=True, e=input_box(1), d=DateBox()): pass",
        cellId="wrong",
    )
    outcome = await kernel.run(code)
    content = outcome.reply["content"]
    assert words in content["evalue"]
    assert "device_agent" not in "\n".join(content["traceback"])
    assert updates(outcome) == []
    assert await kernel.answer("print(g.n, g.kind)") == "1 x"


async def test_controls_come_and_go(kernel: Kernel) -> None:
    await kernel.run("@interact(layout=[['n', '_output']])\ndef h(n=(1, 10), **more):\n    print(n, more)")
    added = await kernel.run("h.add('m', (0, 5))\nh.extra = [1, 2, 3, 4, 5, 6]\nprint(h.m, h.extra)")
    assert added.text(None) == "0 1\n"
    first, second = updates(added)
    assert first["controls"]["m"]["range"] == [0, 5]  # type: ignore[index]
    assert first["layout"] == [[["m", None]], [["n", None], ["_output", None]]]
    assert list(second["controls"]) == ["extra"]  # type: ignore[call-overload]
    # A browser that has not heard of a new control yet does not know its value.
    assert (await kernel.change("h", 2, n=3)).text(("h", 2)) == "3 {'m': 0, 'extra': 1}\n"
    change = await kernel.change("h", 3, n=3, m=3, extra=1)
    assert change.text(("h", 3)) == "3 {'m': 3, 'extra': 2}\n"
    assert (await kernel.change("h", 4, n=3)).inner("interact_error") != []
    removed = await kernel.run("del h.m\nh.remove('n')")
    assert [update["removed"] for update in updates(removed)] == [["m"], ["n"]]
    # A parameter keeps its last value, and what the browser still sends of it is no error.
    late = await kernel.change("h", 5, n=9, m=3, extra=0)
    assert late.text(("h", 5)) == "3 {'extra': 1}\n"
    # Once it has heard of all there is nothing to remember.
    assert (await kernel.change("h", 6, extra=0)).text(("h", 6)) == "3 {'extra': 1}\n"
    assert (await kernel.change("h", 7, extra=0, n=1)).inner("interact_error") != []
    again = await kernel.run("h.n = 8\nh.update()\nh.add('n', (1, 3))\nh.update()")
    assert [again.text(("h", state)) for state in (8, 9)] == ["8 {'extra': 1}\n", "1 {'extra': 1}\n"]


async def test_a_control_that_the_function_does_not_take_is_read_by_proxy(kernel: Kernel) -> None:
    await kernel.run("@interact\ndef strict(self, n=(1, 10)):\n    print(n, self.more if n > 1 else None)")
    await kernel.run("strict.more = slider(1, 5)")
    assert (await kernel.change("strict", 2, n=2, more=4)).text(("strict", 2)) == "2 4\n"


async def test_a_control_is_replaced_by_another(kernel: Kernel) -> None:
    await kernel.run("@interact\ndef swap(n=(1, 10), h=HtmlBox('a')):\n    print(n, h)")
    outcome = await kernel.run("swap.n = slider(5, 6)\nswap.h = '<b>b</b>'")
    n, h = updates(outcome)
    assert n["controls"]["n"]["range"] == [5, 6]  # type: ignore[index]
    assert "layout" not in n
    assert h["controls"]["h"]["html"] == "<b>b</b>"  # type: ignore[index]
    assert (await kernel.change("swap", 2, n=6, h=None)).text(("swap", 2)) == "6 <b>b</b>\n"


async def test_the_state_is_json_and_comes_back_in_one_run(kernel: Kernel) -> None:
    await kernel.run("""
import json
@interact
def saved(n=(1, 10), k=["x", "y"], r=range_slider(0, 9), go=Button("Go"), h=HtmlBox("x"), a=5):
    print(n, k, r, go, a)
""")
    await kernel.change("saved", 2, n=3, k=1, r=[2, 4], go=True, h=None, a="6")
    state = await kernel.answer("kept = json.dumps(saved.state()); print(kept)")
    assert state == '{"n": 3, "k": 1, "r": [2, 4], "a": "6"}'
    await kernel.change("saved", 3, n=1, k=0, r=[0, 9], go=False, h=None, a="1")
    outcome = await kernel.run("saved.set_state(json.loads(kept))")
    assert [kind for kind, _ in outcome.kinds()] == ["interact_update", "stream", "interact_end"]
    assert outcome.text(("saved", 4)) == "3 y (2, 4) None 6\n"
    # What a browser keeps has the buttons too; they are no state.
    browsers = '{"n": 5, "go": True, "h": None}'
    assert (await kernel.run(f"saved.set_state({browsers})")).text(("saved", 5)) == "5 y (2, 4) None 6\n"


async def test_the_spellings_of_sage(kernel: Kernel) -> None:
    await kernel.run("@interact\ndef old(f, n=(1, 10)):\n    print(n, f._changed)")
    outcome = await kernel.run("old.n = 4\nold._update()\nprint(old._state())\nold._state({'n': 6})")
    assert outcome.text(("old", 2)) == "4 ['n']\n"
    assert outcome.text(None) == "{'n': 4}\n"
    assert outcome.text(("old", 3)) == "6 ['n']\n"


async def test_the_function_steers_itself(kernel: Kernel) -> None:
    outcome = await kernel.run("""
@interact
def inside(self, n=(1, 10), m=(1, 10), go=Button("Go", "went")):
    print(n, m, go, self.changed, self.n)
    if n == 3:
        self.m = 9
    if n == 4:
        self.n = 5
        self.update()
        print("still at", n)
    if n == 6:
        self.update()
""")
    assert outcome.text(("inside", 1)) == "1 1 None ['n', 'm'] 1\n"
    third = await kernel.change("inside", 2, n=3, m=1, go=True)
    assert third.text(("inside", 2)) == "3 1 went ['n', 'go'] 3\n"
    assert [update["stamp"] for update in third.inner("interact_update")] == [("inside", 2)]
    assert await kernel.answer("print(inside.m, inside.changed, inside.go)") == "9 ['m'] None"
    fourth = await kernel.change("inside", 3, n=4, m=9, go=False)
    assert fourth.text(("inside", 3)) == "4 9 None ['n', 'm'] 4\nstill at 4\n"
    assert fourth.text(("inside", 4)) == "5 9 None ['n'] 5\n"
    # The browser sent this before it heard of state 4: it is newer all the same.
    late = await kernel.change("inside", 4, n=2, m=2, go=False)
    assert late.text(("inside", 5)) == "2 2 None ['n', 'm'] 2\n"
    assert (await kernel.change("inside", 4, n=1, m=1, go=False)).kinds() == []
    endless = await kernel.change("inside", 6, n=6, m=2, go=False)
    (refused,) = endless.inner("interact_error")
    assert "100 times" in refused["errors"][""]


async def test_an_inner_function_steers_the_outer(kernel: Kernel) -> None:
    await kernel.run("""
@interact
def outer(self, n=(1, 10)):
    print("outer", n)
    @interact
    def inner(k=(1, 10)):
        if k > 1:
            self.n = k
            self.update()
        print("inner", k)
""")
    outcome = await kernel.change("outer/inner", 2, k=5)
    assert outcome.text(("outer", 2)) == "outer 5\n"
    assert outcome.text(("outer/inner", 3)) == "inner 1\n"
    assert outcome.text(("outer/inner", 2)) == "inner 5\n"
    assert (await kernel.change("outer/inner", 4, k=1)).text(("outer/inner", 4)) == "inner 1\n"


async def test_a_proxy_of_what_is_gone_says_so_and_still_reads(kernel: Kernel) -> None:
    await kernel.run("@interact\ndef gone(n=(1, 10)): pass\nkeep = gone", cellId="gone")
    await kernel.run("pass", cellId="gone")
    for code in ("keep.n = 3", "keep.update()", "keep.add('m', 1)", "keep.set_state({})"):
        assert "no longer in the page" in (await kernel.run(code)).reply["content"]["evalue"]
    assert await kernel.answer("print(keep.n, keep(5))") == "1 None"


async def test_any_name_can_be_a_controls(kernel: Kernel) -> None:
    await kernel.run(
        "@interact\ndef names(state=(1, 3), _n=2, __m=3, update='u', function=1):\n    print(state, _n)"
    )
    assert await kernel.answer(
        "print(names['state'], names._n, names.__m, names['update'], names.function)"
    ) == ("1 2 3 u 1")
    outcome = await kernel.run("names['state'] = 2\nnames._n = 5\nnames.update()")
    assert outcome.text(("names", 2)) == "2 5\n"
    refused = await kernel.run("@interact\ndef wrong(_output=3): pass")
    assert "_output" in refused.reply["content"]["evalue"]


async def test_stopping_an_update_stops_the_cell(kernel: Kernel) -> None:
    await kernel.run("@interact\ndef stopped(n=(1, 3)):\n    if n == 2: raise KeyboardInterrupt")
    outcome = await kernel.run("stopped.n = 2\nstopped.update()\nprint('on')")
    assert outcome.reply["content"]["ename"] == "KeyboardInterrupt"
    assert outcome.text(None) == ""
