"""ipywidgets over the whole path: comm messages and their buffers to a real kernel and back."""

import base64
from typing import Any

from chalicelib.schemas import IN_TURN
from tests.conftest import LiveStack
from tests.integration.client import Client, answers, execute, idle_of, request

SLIDER = """
import ipywidgets
slider = ipywidgets.IntSlider(value=3, max=50)
slider.observe(lambda change: print("now", change["new"]), "value")
"""
BYTES = """
import ipywidgets, traitlets
class Box(ipywidgets.Widget):
    content = traitlets.Any().tag(sync=True)
    backwards = traitlets.Any().tag(sync=True)
box = Box(content=b"from the kernel")
box.observe(lambda change: setattr(box, "backwards", bytes(change["new"])[::-1]), "content")
"""
INTERACT = """
import ipywidgets
def show(n):
    print(n)
ipywidgets.interact(show, n=5)
"""
SLOW = """
import ipywidgets, time
button = ipywidgets.Button()
button.on_click(lambda _: (print("begun", flush=True), time.sleep(30)))
"""


def comm_msg(comm_id: str, data: dict[str, Any], buffers: list[str] | None = None) -> dict[str, Any]:
    message = request("comm_msg", "shell", {"comm_id": comm_id, "data": data})
    return {**message, "buffers": buffers or []}


def update(comm_id: str, **state: Any) -> dict[str, Any]:
    return comm_msg(comm_id, {"method": "update", "state": state, "buffer_paths": []})


async def opened(client: Client, code: str, model: str) -> str:
    """Run the code; returns the comm of the widget of this model."""
    await client.run(code)
    for message in client.of_type("comm_open"):
        if message["content"]["data"]["state"]["_model_name"] == model:
            return str(message["content"]["comm_id"])
    raise AssertionError(f"no {model} was opened")


async def test_moves_of_a_slider_reach_its_kernel_and_are_echoed(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello()
        slider = await opened(client, SLIDER, "IntSliderModel")
        for value in range(10, 15):
            moved = await client.send(update(slider, value=value))
            await client.until(idle_of(moved))  # two at once might overtake each other

        assert client.text() == "".join(f"now {value}\n" for value in range(10, 15))
        echoes = [m for m in client.of_type("comm_msg") if m["content"]["data"]["method"] == "echo_update"]
        assert echoes[-1]["content"]["data"]["state"] == {"value": 14}
        of_last = [m for m in client.received if answers(moved)(m)]
        assert [m["content"].get("execution_state") for m in (of_last[0], of_last[-1])] == ["busy", "idle"]
        assert client.sequences == list(range(1, len(client.sequences) + 1))


async def test_buffers_travel_both_ways(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello()
        box = await opened(client, BYTES, "WidgetModel")
        first = client.of_type("comm_open")[-1]
        assert base64.b64decode(first["buffers"][0]) == b"from the kernel"

        data = {"method": "update", "state": {}, "buffer_paths": [["content"]]}
        sent = await client.send(comm_msg(box, data, [base64.b64encode(b"abc\x00").decode()]))
        await client.until(idle_of(sent))

        answered = [m for m in client.of_type("comm_msg") if answers(sent)(m)]
        assert [base64.b64decode(m["buffers"][0]) for m in answered] == [b"abc\x00", b"\x00cba"]


async def test_a_session_with_widgets_waits_for_the_reader_and_is_replayed(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as first:
        await first.hello(idle_timeout=60)
        slider = await opened(first, SLIDER, "IntSliderModel")
        moved = await first.send(update(slider, value=20))
        await first.until(idle_of(moved))
        session, token, last = first.session, first.token, first.sequences[-1]
    async with await Client.connect(live.websocket) as second:
        answer = await second.hello(session, token, after=0)

        assert answer["content"]["session_status"] == "running"
        assert second.sequences == list(range(1, last + 1))
        opened_again = [m["content"]["comm_id"] for m in second.of_type("comm_open")]
        assert slider in opened_again
        moved = await second.send(update(slider, value=21))
        await second.until(idle_of(moved))
        assert second.text() == "now 20\nnow 21\n"


async def test_a_replay_brings_of_an_output_widget_what_was_not_cleared(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as first:
        await first.hello(idle_timeout=60)
        slider = await opened(first, INTERACT, "IntSliderModel")
        for value in range(6, 9):
            moved = await first.send(update(slider, value=value))
            await first.until(idle_of(moved))
        assert first.text() == "5\n6\n7\n8\n"
    async with await Client.connect(live.websocket) as second:
        await second.hello(first.session, first.token, after=0)

        assert second.text() == "8\n"
        catching = [m["content"]["data"]["state"].get("msg_id") for m in second.of_type("comm_msg")]
        assert moved["header"]["msg_id"] in catching


async def test_a_stop_ends_a_callback_and_the_widgets_live_on(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=60)
        button = await opened(client, SLOW, "ButtonModel")
        clicked = await client.send(comm_msg(button, {"method": "custom", "content": {"event": "click"}}))
        await client.until(lambda m: m["content"].get("text") == "begun\n")
        await client.send(request("interrupt_request", "control", {}))
        await client.until(idle_of(clicked))

        sent = await client.run("print('here')")
        assert any(answers(sent)(m) and m["content"].get("text") == "here\n" for m in client.received)


async def test_what_runs_code_waits_for_its_turn(live: LiveStack) -> None:
    """A message to a comm is not put before an execution that was written earlier."""
    assert "comm_msg" in IN_TURN
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=60)
        slider = await opened(client, SLIDER, "IntSliderModel")
        slow = await client.send(execute("import time; time.sleep(0.3); print('first')"))
        await client.until(answers(slow))
        moved = await client.send(update(slider, value=7))
        await client.until(idle_of(moved))

        assert client.text() == "first\nnow 7\n"
        busy = [m["parent_header"]["msg_id"] for m in client.of_type("status")[-4:]]
        assert busy == [slow["header"]["msg_id"]] * 2 + [moved["header"]["msg_id"]] * 2


async def test_of_updates_that_nobody_has_seen_the_newest_counts(live: LiveStack) -> None:
    async with await Client.connect(live.websocket) as client:
        await client.hello(idle_timeout=60)
        await client.run("import ipywidgets\nbar = ipywidgets.IntProgress(max=5_000); bar")
        sent = await client.run("for n in range(5_000):\n    bar.value = n\nprint('done')", seconds=50)

        values = [m["content"]["data"]["state"]["value"] for m in client.of_type("comm_msg")]
        assert values[-1] == 4_999
        assert values == sorted(values)
        assert len(values) < 2_000
        assert client.text() == "done\n"
        assert any(m["header"]["msg_type"] == "execute_reply" and answers(sent)(m) for m in client.received)
