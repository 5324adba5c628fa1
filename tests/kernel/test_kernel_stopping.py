"""What comes at an awkward time: a stop, and output of a run that is over."""

import asyncio
import time

import pytest
from kernel_driver import Kernel

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_interrupt_stops_the_function_only(kernel: Kernel) -> None:
    await kernel.run("""
import time
@interact
def slow(n=(1, 10)):
    if n > 1:
        print("asleep", flush=True)
        time.sleep(60)
    print("done")
""")
    msg_id = kernel.send_change("slow", 2, n=2)
    await asyncio.wait_for(kernel.iopub("stream"), 10)
    began = time.monotonic()
    await kernel.manager.interrupt_kernel()
    outcome = await kernel.outcome(msg_id)
    assert time.monotonic() - began < 10
    assert outcome.kinds()[-2:] == [("error", ("slow", 2)), ("interact_end", ("slow", 2))]
    assert outcome.of("error")[0]["content"]["ename"] == "KeyboardInterrupt"
    assert outcome.reply["content"]["status"] == "ok"
    assert (await kernel.change("slow", 3, n=1)).text(("slow", 3)) == "done\n"


async def test_interrupt_of_a_first_run_stops_the_cell_too(kernel: Kernel) -> None:
    code = "import time\n@interact\ndef stuck(n=(1, 2)):\n    print(n, flush=True)\n    time.sleep(60)\n"
    msg_id = kernel.send(code + "print('on')", {})
    await asyncio.wait_for(kernel.iopub("stream"), 10)
    await kernel.manager.interrupt_kernel()
    outcome = await kernel.outcome(msg_id)
    assert outcome.reply["content"]["ename"] == "KeyboardInterrupt"
    assert ("interact_end", ("stuck", 1)) in outcome.kinds()
    assert outcome.text(None) == ""


async def test_a_stopped_run_leaves_no_half_drawn_figure(kernel: Kernel) -> None:
    await kernel.run("""
import matplotlib.pyplot as plt
@interact
def drawing(n=(1, 3)):
    if n == 2:
        plt.plot([n])
        raise KeyboardInterrupt
""")
    kinds = [
        kind
        for state, n in ((2, 2), (3, 1))
        for kind, _ in (await kernel.change("drawing", state, n=n)).kinds()
    ]
    assert kinds == ["error", "interact_end", "interact_end"]


async def test_interrupt_between_two_messages_takes_none_away(kernel: Kernel) -> None:
    await kernel.run("""
import signal
@interact
def punctual(n=(1, 3)):
    print(n)
    interact(lambda: None)
    print("after the inner")
library = get_ipython().kernel.library
plain_tell = library.tell
strike = ["interact_end"]
def tell(kind, **content):
    if strike and kind == strike[0] and content["function_name"].startswith("punctual"):
        del strike[0]
        signal.raise_signal(signal.SIGINT)
    plain_tell(kind, **content)
library.tell = tell
""")
    # During the inner's end the outer still runs, so the stop strikes there once the inner is told.
    inner = await kernel.change("punctual", 2, n=2)
    assert inner.kinds()[-3:] == [
        ("interact_end", ("punctual/lambda", 2)),
        ("error", ("punctual", 2)),
        ("interact_end", ("punctual", 2)),
    ]
    assert inner.reply["content"]["status"] == "ok"
    await kernel.run("@interact\ndef punctual_too(n=(1, 3)):\n    print(n)\nstrike.append('interact_end')")
    # During its own end there is nothing left to stop.
    outer = await kernel.change("punctual_too", 2, n=2)
    assert outer.kinds() == [("stream", ("punctual_too", 2)), ("interact_end", ("punctual_too", 2))]
    assert outer.reply["content"]["status"] == "ok"
    assert await kernel.answer("library.tell = plain_tell; print(strike)") == "[]"


async def test_late_output_keeps_the_stamp_of_the_run_that_started_it(kernel: Kernel) -> None:
    await kernel.run("""
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
go, cell_go, pool, threads = threading.Event(), threading.Event(), ThreadPoolExecutor(1), []
pool.submit(int).result()
def cell_thread():
    cell_go.wait()
    print("from the cell")
cell = threading.Thread(target=cell_thread)
cell.start()
@interact
def late(n=(1, 10)):
    pool.submit(print, "pool", n).result()
    if n == 2:
        def wait():
            go.wait()
            print("late")
            raise ValueError("late error")
        async def task():
            print("task")
        threads.append(threading.Thread(target=wait))
        threads[0].start()
        asyncio.get_running_loop().create_task(task())
    if n == 3:
        cell_go.set()
        cell.join()
        go.set()
        threads[0].join()
        print("three")
""")
    second = await kernel.change("late", 2, n=2)
    assert "pool 2\n" in second.text(("late", 2))
    third = await kernel.change("late", 3, n=3)
    assert third.text(("late", 3)) == "pool 3\nthree\n"
    old = third.text(("late", 2))
    assert "late\n" in old
    assert "ValueError: late error" in old
    assert third.text(None) == "from the cell\n"
    after = await kernel.run("pass")
    assert "task\n" in "".join(o.text(("late", 2)) for o in (second, third, after))
    parents = {m["parent_header"]["msg_id"] for m in third.of("stream")}
    assert len(parents) == 3
