"""Interacts inside interacts, names and states, and that nothing of them is kept for ever."""

import pytest
from kernel_driver import Kernel

pytestmark = pytest.mark.asyncio(loop_scope="module")

NESTED = """
@interact
def f(n=(1, 10)):
    print("f", n)
    @interact
    def g(k=(1, 5)):
        print("g", n, k)
        if n < 5:
            @interact
            def h(x=True):
                print("h", n, k, x)
        print("g end")
    print("f end")
"""
COUNT = "import gc; gc.collect(); print(len(gc.get_objects()), len(get_ipython().kernel.library.registry))"


async def test_two_levels_and_their_changes(kernel: Kernel) -> None:
    outcome = await kernel.run(NESTED)
    starts = outcome.inner("interact_start")
    assert [(s["function_name"], s["parent"], s["stamp"]) for s in starts] == [
        ("f", None, None),
        ("f/g", "f", ("f", 1)),
        ("f/g/h", "f/g", ("f/g", 1)),
    ]
    assert outcome.text(("f", 1)) == "f 1\nf end\n"
    assert outcome.text(("f/g", 1)) == "g 1 1\ng end\n"
    assert outcome.text(("f/g/h", 1)) == "h 1 1 True\n"

    middle = await kernel.change("f/g", 2, k=3)
    assert middle.text(("f/g", 2)) == "g 1 3\ng end\n"
    assert middle.text(("f/g/h", 2)) == "h 1 3 True\n"
    assert middle.text(("f", 1)) == ""

    inner = await kernel.change("f/g/h", 3, x=False)
    assert inner.kinds() == [("stream", ("f/g/h", 3)), ("interact_end", ("f/g/h", 3))]


async def test_outer_change_forgets_the_inner_and_reuses_its_name_higher(kernel: Kernel) -> None:
    await kernel.run(NESTED, cellId="nested")
    await kernel.run(NESTED, cellId="nested")
    outcome = await kernel.change("f-2", 50, n=7)
    (start,) = outcome.inner("interact_start")
    assert start["function_name"] == "f-2/g"
    assert start["state"] == 3
    # h was not made again, so it is gone; g is there again, and has seen its state.
    assert [k for k, _ in (await kernel.change("f-2/g/h", 99, x=True)).kinds()] == ["interact_error"]
    assert (await kernel.change("f-2/g", 3, k=2)).kinds() == []
    assert (await kernel.change("f-2/g", 4, k=2)).text(("f-2/g", 4)) == "g 7 2\ng end\n"


async def test_refused_outer_change_keeps_the_inner(kernel: Kernel) -> None:
    await kernel.run(NESTED, cellId="kept")
    name = (await kernel.run(NESTED, cellId="kept")).inner("interact_start")[0]["function_name"]
    await kernel.change(name, 1000, n=77)
    assert (await kernel.change(f"{name}/g", 1000, k=2)).text((f"{name}/g", 1000)) == "g 1 2\ng end\n"


async def test_names_count_up_while_the_old_ones_live(kernel: Kernel) -> None:
    code = "def twice(n=(1, 3)): print(n)\na = interact(twice)\nb = interact(twice)"
    first = await kernel.run(code, cellId="one")
    assert [s["function_name"] for s in first.inner("interact_start")] == ["twice", "twice-2"]
    other = await kernel.run(code, cellId="two")
    assert [s["function_name"] for s in other.inner("interact_start")] == ["twice-3", "twice-4"]
    again = await kernel.run(code, cellId="one")
    assert [(s["function_name"], s["state"]) for s in again.inner("interact_start")] == [
        ("twice", 2),
        ("twice-2", 2),
    ]


async def test_errors_of_the_inner_stay_with_the_inner(kernel: Kernel) -> None:
    outcome = await kernel.run("""
@interact
def outer(n=(1, 10)):
    @interact
    def inner(k=(0, 5)):
        1 / k
    print("outer goes on")
""")
    assert ("error", ("outer/inner", 1)) in outcome.kinds()
    assert outcome.text(("outer", 1)) == "outer goes on\n"
    change = await kernel.change("outer/inner", 2, k=0)
    assert change.kinds() == [("error", ("outer/inner", 2)), ("interact_end", ("outer/inner", 2))]


async def test_a_wrong_inner_control_is_the_outer_functions_error(kernel: Kernel) -> None:
    outcome = await kernel.run("""
@interact
def careless(n=(1, 10)):
    interact(lambda k: None, k=(1, 10, 0))
""")
    (error,) = outcome.of("error")
    assert error["metadata"]["interact"]["function_name"] == "careless"
    assert error["content"]["evalue"] == "k: step must not be 0"
    assert "device_agent" not in "\n".join(error["content"]["traceback"])


async def test_a_thousand_changes_do_not_grow_the_kernel(kernel: Kernel) -> None:
    await kernel.run("""
@interact
def much(n=(1, 10)):
    @interact
    def a(k=(1, 5)):
        interact(lambda y: y, y=[1, 2, 3])
""")
    for state in range(2, 60):
        await kernel.change("much", state, n=state % 10 + 1)
    before, alive = map(int, (await kernel.answer(COUNT)).split())
    for state in range(60, 1060):
        await kernel.change("much", state, n=state % 10 + 1)
    after, still = map(int, (await kernel.answer(COUNT)).split())
    assert still == alive
    assert after - before < 300


async def test_a_thousand_additions_and_runs_from_code_do_not_grow_the_kernel(kernel: Kernel) -> None:
    await kernel.run("""
@interact
def steered(n=(1, 10)):
    @interact
    def a(self, k=(1, 5)):
        self.k = 3
""")
    loop = (
        "for i in range({}):\n"
        "    steered.add(f'x{{i}}', [1, 2])\n"
        "    steered.n = i % 10 + 1\n"
        "    steered.update()\n"
        "    steered.remove(f'x{{i}}')\n"
    )
    await kernel.run(loop.format(50))
    await kernel.change("steered", 10_000, n=1)
    before, alive = map(int, (await kernel.answer(COUNT)).split())
    await kernel.run(loop.format(1000))
    await kernel.change("steered", 20_000, n=1)
    after, still = map(int, (await kernel.answer(COUNT)).split())
    assert still == alive
    assert after - before < 300


async def test_cells_without_an_id_do_not_grow_for_ever(kernel: Kernel) -> None:
    outcome = await kernel.run("for i in range(1002):\n    interact(lambda: None)")
    assert outcome.inner("interact_start")[999]["function_name"] == "lambda-1000"
    library = "get_ipython().kernel.library"
    assert await kernel.answer(f"print(len({library}.registry) <= 1005)") == "True"
    # The newest are the ones that live.
    assert [k for k, _ in (await kernel.change("lambda-1000", 2)).kinds()] == ["interact_end"]
