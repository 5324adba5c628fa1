"""One execution at a time: reply and idle leave last, output is marked, newer states preempt."""

from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.messages import Message, extension, interact_of, make
from device_agent.preemption import AT_REST
from device_agent.runs import Runs


def change(state: int, function: str = "f") -> Message:
    mark = {"function_name": function, "values": {}, "state": state}
    return make("execute_request", "shell", {"code": ""}, metadata={"interact": mark})


def settled(change: Message) -> Message:
    change["metadata"]["interact"]["settled"] = True
    return change


def cell() -> Message:
    return make("execute_request", "shell", {"code": "1"})


def answer(request: Message, msg_type: str, channel: str = "iopub", **content: Any) -> Message:
    return make(msg_type, channel, content, request["header"])


def reply(request: Message) -> Message:
    return answer(request, "execute_reply", "shell", status="ok")


def status(request: Message, state: str) -> Message:
    return answer(request, "status", execution_state=state)


def begun(request: Message) -> Runs:
    runs = Runs()
    runs.begin("exec#1", request)
    return runs


def kinds(messages: list[Message]) -> list[str]:
    return [one["content"].get("execution_state", one["header"]["msg_type"]) for one in messages]


@pytest.mark.parametrize(
    "order", [("output", "reply", "idle"), ("output", "idle", "reply"), ("reply", "output", "idle")]
)
def test_output_leaves_first_then_the_reply_then_idle(order: tuple[str, ...]) -> None:
    request = cell()
    runs = begun(request)
    messages = {
        "reply": reply(request),
        "idle": status(request, "idle"),
        "output": answer(request, "stream", text="x"),
    }

    left = runs.leaves(status(request, "busy"))
    for name in order:
        left += runs.leaves(messages[name])

    assert kinds(left) == ["busy", "stream", "execute_reply", "idle"]
    assert runs.current is None


def test_a_message_to_a_comm_is_over_with_its_idle() -> None:
    request = make("comm_msg", "shell", {"comm_id": "1", "data": {}})
    runs = begun(request)

    left = runs.leaves(status(request, "busy"))
    left += runs.leaves(answer(request, "comm_msg", comm_id="1"))
    assert runs.current is not None
    left += runs.leaves(status(request, "idle"))

    assert kinds(left) == ["busy", "comm_msg", "idle"]
    assert runs.current is None


def test_a_run_is_current_until_both_its_reply_and_its_idle_have_come() -> None:
    request = cell()
    runs = begun(request)

    assert runs.leaves(status(request, "idle")) == []
    assert runs.current is not None
    assert runs.leaves(reply(request)) != []
    assert runs.current is None


def test_a_reply_whose_idle_was_lost_can_be_let_go() -> None:
    request = cell()
    runs = begun(request)
    runs.leaves(reply(request))

    assert kinds(runs.finish()) == ["execute_reply"]
    assert runs.current is None
    assert runs.finish() == []


def test_what_belongs_to_another_request_passes_as_it_is() -> None:
    runs, other = begun(change(1)), cell()
    message = answer(other, "complete_reply", "shell", matches=[])

    assert runs.leaves(message) == [message]
    assert runs.leaves(status(other, "idle")) != []
    assert runs.current is not None


def test_everything_of_a_change_is_marked_as_its_state() -> None:
    request = change(4)
    runs = begun(request)

    left = runs.leaves(status(request, "busy")) + runs.leaves(answer(request, "stream", text="x"))
    left += runs.leaves(reply(request)) + runs.leaves(status(request, "idle"))

    assert len(left) == 4
    assert {interact_of(one) for one in left} == {("f", 4)}


def test_a_mark_that_the_kernel_has_made_wins() -> None:
    request = change(4)
    inner = answer(request, "stream", text="x")
    inner["metadata"] = {"interact": {"function_name": "f/g", "state": 1}}

    assert interact_of(begun(request).leaves(inner)[0]) == ("f/g", 1)


def test_the_output_of_a_cell_bears_no_mark() -> None:
    request = cell()

    assert interact_of(begun(request).leaves(answer(request, "stream", text="x"))[0]) is None


def test_the_newest_state_of_a_function_is_remembered() -> None:
    runs = Runs()
    for state in (1, 3, 2):
        runs.begin("interact#f", change(state))
        runs.finish()

    assert runs.states == {"f": 3}


def _interact_start(preempt: Any) -> Message:
    return extension("interact_start", {"function_name": "f", "options": {"preempt": preempt}})


def preempting(request: Message) -> Runs:
    runs = Runs()
    runs.leaves(_interact_start(True))
    runs.begin("interact#f", request)
    return runs


def test_a_function_that_asked_for_it_is_interrupted_by_a_newer_state_at_rest() -> None:
    runs = preempting(change(1))

    assert runs.preempts_in({}) is None
    assert runs.preempts_in({"f": change(1)}) is None
    assert runs.preempts_in({"g": change(5, "g")}) is None
    assert runs.preempts_in({"f": change(2)}) == AT_REST
    runs.preempted()
    assert runs.preempts_in({"f": change(3)}) is None, "one interrupt is enough"


def test_a_change_at_which_the_reader_let_go_interrupts_at_once() -> None:
    runs = preempting(change(1))

    assert runs.preempts_in({"f": settled(change(2))}) == 0.0


def test_a_function_that_did_not_ask_is_not_interrupted() -> None:
    assert begun(change(1)).preempts_in({"f": settled(change(2))}) is None
    assert Runs().preempts_in({"f": change(2)}) is None
    assert preempting(cell()).preempts_in({"f": change(2)}) is None


def test_a_function_can_take_its_wish_back() -> None:
    runs = preempting(change(1))
    runs.leaves(_interact_start(False))

    assert runs.preempts_in({"f": change(2)}) is None


def test_a_function_is_interrupted_once_until_something_was_shown() -> None:
    runs = preempting(change(1))
    runs.preempted()
    runs.finish()
    runs.begin("interact#f", change(2))
    assert runs.preempts_in({"f": settled(change(3))}) is None

    runs.finish()
    runs.begin("interact#f", change(3))
    assert runs.preempts_in({"f": change(4)}) is not None


@given(st.floats(0.005, 1.0), st.lists(st.tuples(st.floats(0.005, 0.4), st.booleans()), min_size=20))
def test_a_reader_who_moves_and_rests_and_lets_go_always_sees_something_new(
    takes: float, moves: list[tuple[float, bool]]
) -> None:
    """What is due is interrupted; what waits runs next."""
    now, state, shown = 0.0, 1, [0.0]
    runs = preempting(change(1))
    ends, stops, waits = takes, float("inf"), None
    changes = [
        (at, lets_go) for at, (_, lets_go) in zip(accumulate(every for every, _ in moves), moves, strict=True)
    ]
    while changes:
        now = min(changes[0][0], ends, stops)
        if now == changes[0][0]:
            state += 1
            waits = settled(change(state)) if changes.pop(0)[1] else change(state)
            due = runs.preempts_in({"f": waits})
            stops = now + due if due is not None else float("inf")
            continue
        if now == stops < ends:
            runs.preempted()
        else:
            shown.append(now)
        runs.finish()
        state += 1
        runs.begin("interact#f", change(state))
        ends, stops = now + takes, float("inf")
    longest = max(later - earlier for earlier, later in pairwise(shown)) if len(shown) > 1 else 0.0
    assert longest <= 2 * takes + 0.001


def test_the_interruption_that_the_agent_made_is_not_shown_as_an_error() -> None:
    request = change(1)
    runs = preempting(request)
    error = answer(request, "error", ename="KeyboardInterrupt")
    assert runs.leaves(error) != []

    runs.preempted()

    assert runs.leaves(error) == []
    assert runs.leaves(answer(request, "stream", text="x")) != []
    left = runs.leaves(reply(request)) + runs.leaves(status(request, "idle"))
    assert kinds(left) == ["execute_reply", "idle"]


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        (_interact_start(False), True),
        (make("comm_open", "iopub", {"comm_id": "1"}), True),
        (extension("interact_end", {}), False),
        (make("stream", "iopub", {"text": "interact_start"}), False),
    ],
)
def test_only_a_session_with_something_to_move_waits_for_more(message: Message, waits: bool) -> None:
    runs = Runs()

    runs.leaves(message)

    assert runs.interactive is waits


@pytest.mark.parametrize(
    "content", [None, 1, [], {}, {"function_name": 1}, {"function_name": "f", "options": 1}]
)
def test_a_hostile_start_does_no_harm(content: Any) -> None:
    runs = Runs()
    message = make("extension", "iopub", {"msg_type": "interact_start", "content": content})

    assert runs.leaves(message) == [message]
    assert runs.preempting == set()


def test_an_idle_that_was_lost_is_made_up_for() -> None:
    request = change(3)
    runs = begun(request)
    runs.leaves(reply(request))

    left = runs.finish_half()

    assert kinds(left) == ["execute_reply", "idle"]
    assert left[1]["parent_header"] == request["header"]
    assert interact_of(left[1]) == ("f", 3)
    assert runs.current is None


def test_only_the_agent_says_that_a_session_has_ended() -> None:
    assert begun(cell()).leaves(extension("computation_end", {"reason": "finished"})) == []


def test_the_service_is_told_of_the_newest_states_and_never_of_too_many() -> None:
    runs = Runs()
    for number in range(2_000):
        runs.begin("interact", change(1, "\U0001d54f" * 190 + str(number)))
    runs.begin("interact", change(7, "f"))
    told = runs.newest_states()
    assert told["f"] == 7
    assert 10 < len(told) < 200
    assert all(name in told for name in list(runs.states)[-10:])
