"""Tables and queues that throttle, fail, or do what they were asked for and do not say so."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.faults import Fault
from tests.chaos.conftest import MakeDevice, Saw
from tests.chaos.reader import SLIDER, Reader
from tests.conftest import LiveStack
from tests.integration.client import Message, answers, change, execute, idle_of, type_of

LINES = 40
COUNT = f"import time\nfor line in range({LINES}):\n    print('line', line, flush=True)\n    time.sleep(0.1)"
ALL_LINES = "".join(f"line {line}\n" for line in range(LINES))


def tables(kind: str, **more: object) -> list[Fault]:
    return [Fault("dynamodb", kind, **more)]  # type: ignore[arg-type]


@pytest.mark.timeout(200)
@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("kind", [pytest.param("throttled", marks=pytest.mark.thorough), "failed"])
async def test_the_tables_do_not_answer_for_a_while(
    patient: LiveStack, device: MakeDevice, saw: Saw, kind: str, seconds: int
) -> None:
    await device("--sandbox=none", stack=patient)
    async with Reader.open(patient) as reader:
        await reader.run(SLIDER)
        long = await reader.begin(COUNT)
        await reader.sees("line 3")
        patient.stack.set_faults(*tables(kind, seconds=seconds))
        during = await reader.begin("print('during')")
        outcome = await _outcome(reader, long, during, seconds + 60)
        assert ALL_LINES.startswith(reader.text().removesuffix("during\n"))
        if seconds < 25:
            assert reader.text().startswith(ALL_LINES)
            await reader.move(2, 7)
            assert reader.text("f") == "0\n7\n"
        await reader.saw_nothing_twice()
    async with Reader.open(patient) as reader:
        await reader.run("print('back')")
        assert reader.text() == "back\n"
    saw(f"every call of the tables is answered `{kind}` for {seconds} s", outcome)


async def _outcome(reader: Reader, long: Message, during: Message, seconds: float) -> str:
    """What became of a run that the trouble came over, and of a request that was sent during it, in words."""

    def over(request: Message) -> Callable[[Message], bool]:
        is_idle, is_answer = idle_of(request), answers(request)
        return lambda message: (
            is_idle(message)
            or type_of(message) == "computation_end"
            or (is_answer(message) and message["content"].get("ename") == "Busy")
        )

    await reader.client.until(over(long), seconds)
    await reader.client.until(over(during), seconds)
    if reader.ends:
        assert reader.ends == ["device_lost"]
        return "the output up to then, and the end `device_lost`, once"
    words = "all output, once and in order, though late; a request of that time "
    return words + ("was run, once" if "during" in reader.text() else "was refused as `Busy`")


@pytest.mark.thorough
@pytest.mark.timeout(120)
async def test_a_third_of_the_calls_of_the_tables_are_throttled(
    patient: LiveStack, device: MakeDevice, saw: Saw
) -> None:
    await device("--sandbox=none", stack=patient)
    async with Reader.open(patient) as reader:
        await reader.run(SLIDER)
        patient.stack.set_faults(*tables("throttled", probability=0.3), seed=1)
        for state in range(2, 6):
            await reader.move(state, state, 50)
        assert patient.stack.faults_met() > 3
        patient.stack.set_faults()
        assert reader.text("f") == "0\n2\n3\n4\n5\n"
        await reader.saw_nothing_twice()
    saw("a third of the calls of the tables are throttled", "all output, once and in order, though late")


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.thorough)])
async def test_the_queues_do_not_answer_for_a_while(
    live: LiveStack, device: MakeDevice, saw: Saw, seconds: int
) -> None:
    await device("--sandbox=none")
    async with Reader.open(live) as reader:
        await reader.run(SLIDER)
        live.stack.set_faults(Fault("sqs", "failed"))
        ends_at, state = time.monotonic() + seconds, 1
        while time.monotonic() < ends_at:
            state += 1
            await _keep_sending(reader, change("f", state, n=state))
        live.stack.set_faults()
        assert reader.text("f") == "0\n" + "".join(f"{number}\n" for number in range(2, state + 1))
        await reader.saw_nothing_twice()
    began = time.monotonic()
    async with Reader.open(live) as reader:
        await reader.run("print('back')", 90)
        assert reader.text() == "back\n"
    saw(
        f"every call of the queues fails for {seconds} s",
        f"changes of controls late ({state - 1} in that time), each once; a new session ran "
        f"{time.monotonic() - began:.0f} s after the trouble was over",
    )


async def _keep_sending(reader: Reader, sent: Message) -> None:
    """As a page does: the same change again while nothing answers."""
    for _ in range(20):
        await reader.client.send(sent)
        with contextlib.suppress(TimeoutError):
            await reader.client.until(idle_of(sent), 2)
            return
    pytest.fail("the change was never answered")


@pytest.mark.thorough
async def test_a_new_session_while_the_queues_fail(live: LiveStack, device: MakeDevice, saw: Saw) -> None:
    await device("--sandbox=none")
    live.stack.set_faults(Fault("sqs", "failed", "SendMessage"))
    async with Reader.open(live) as reader:
        first = await reader.begin("print('first')")
        refused = await reader.client.until(
            lambda message: answers(first)(message) and message["content"].get("status") == "error"
        )
        assert refused["content"]["ename"] == "Busy"
        live.stack.set_faults()
        await reader.run("print('second')")
        assert reader.text() == "second\n"
        await reader.saw_nothing_twice()
    saw(
        "the ring for a new session fails",
        "the request was refused as `Busy`, and not run later; the next one ran",
    )


async def test_a_ring_that_is_lost(live: LiveStack, device: MakeDevice, saw: Saw) -> None:
    agent = await device("--sandbox=none", start=False)
    async with Reader.open(live) as reader:
        await reader.begin("print('once')")
        await reader.keeps_asking("queued")
        sqs = live.stack.client("sqs")
        url = sqs.get_queue_url(QueueName="longwire-local-sessions-default")["QueueUrl"]
        await asyncio.to_thread(sqs.purge_queue, QueueUrl=url)
        await agent.start()
        await reader.keeps_asking("running", "ended")
        await reader.sees("once")
        await reader.saw_nothing_twice()
    saw("the pool's queue has lost the ring of a session", "a wait, until its page asked how it is")


@pytest.mark.timeout(200)
@pytest.mark.parametrize("calls", [12, pytest.param(60, marks=pytest.mark.thorough)])
async def test_answers_that_are_lost_on_their_way(
    live: LiveStack, device: MakeDevice, place: Path, saw: Saw, calls: int
) -> None:
    """What AWS was asked for was done, nobody was told: a tenth of all calls, and everything runs once."""
    await device("--sandbox=none", "--capacity=4")
    await device("--sandbox=none", "--capacity=4")
    ran = place / "ran"
    lost = [
        Fault(service, "cut", has_effect=True, probability=0.1)  # type: ignore[arg-type]
        for service in ("dynamodb", "sqs", "s3")
    ]
    live.stack.set_faults(*lost, Fault("sqs", "twice", "SendMessage", probability=0.2), seed=3)
    told = await asyncio.gather(*(_runs_once(live, ran, number) for number in range(calls)))
    met = live.stack.faults_met()
    live.stack.set_faults()
    lines = ran.read_text().split()
    assert len(lines) == len(set(lines))
    for number, was_told in enumerate(told):
        assert was_told or str(number) not in lines
    saw(
        f"a tenth of all calls of AWS lose their answer, a fifth of the rings come twice ({met} calls)",
        f"{sum(told)} of {calls} sessions had all of their output, once; {calls - sum(told)} were refused "
        "as `Busy`, and none ran twice",
    )


async def _runs_once(live: LiveStack, ran: Path, number: int) -> bool:
    """One session, whose code notes that it was run.

    :returns: whether its output came; else its reader was told that it was refused.
    """
    code = f"open({str(ran)!r}, 'a').write('{number}\\n')\nprint('ran', {number})"
    async with Reader.open(live, idle_timeout=None) as reader:
        sent = execute(code)
        await reader.client.send(sent)
        asking = asyncio.create_task(_keep_asking(reader))
        try:
            answer = await reader.client.until(
                lambda message: (
                    idle_of(sent)(message)
                    or (answers(sent)(message) and message["content"].get("ename") == "Busy")
                ),
                120,
            )
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        if answer["content"].get("ename") == "Busy":
            return False
        assert reader.text() == f"ran {number}\n"
        await reader.saw_nothing_twice()
        return True


async def _keep_asking(reader: Reader) -> None:
    """As a page does that has heard nothing for a while."""
    while True:
        await asyncio.sleep(2)
        if reader.client.session:
            await reader.asks()
