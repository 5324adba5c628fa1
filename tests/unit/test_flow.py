"""How much leaves a session: a flood keeps its beginning and its end, and a line tells what is missing."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.messages import Message, interact_of
from device_agent.flow import BURST, FORCED, MAX_GAPS, SAMPLE_EVERY, TAIL, Flow, Kept, in_words
from device_agent.stream import ENVELOPE, MAX_TEXT, Parcel, parcels
from tests.unit.test_stream import clear, of_type, picture, text, update

MB = 1_000_000
RATE = 2 * MB


class Reader:
    """What leaves a flow, with the time that passes."""

    def __init__(self, most: float = 64 * MB, rate: float = RATE) -> None:
        self.now = 100.0
        self.flow = Flow(most, rate, self.now)
        self.got: list[Parcel] = []

    def send(self, message: Message) -> None:
        for parcel in parcels(message):
            self.got += self.flow.offer(parcel, self.now)

    def flood(self, seconds: float, rate: float = 10 * MB) -> int:
        """Lines at a rate, with the samples that are due; returns how many bytes these were."""
        line, sent, until = "x" * 9999 + "\n", 0, self.now + seconds
        while self.now < until:
            self.send(text(line))
            sent += len(line)
            self.passes(len(line) / rate)
        return sent

    def passes(self, seconds: float) -> None:
        self.now += seconds
        if self.flow.wait(self.now) == 0:
            self.got += self.flow.sample(self.now)

    def ends(self) -> None:
        self.got += self.flow.release(self.now)

    @property
    def text(self) -> str:
        return "".join(one.message["content"].get("text", "") for one in self.got if not left_out(one))

    @property
    def notices(self) -> list[dict[str, int]]:
        return [found for one in self.got if (found := left_out(one))]


def left_out(parcel: Parcel) -> dict[str, int] | None:
    found: dict[str, int] | None = parcel.message["metadata"].get("left_out")
    return found


def test_what_stays_below_the_rate_leaves_at_once_and_whole() -> None:
    reader = Reader()
    sent = reader.flood(8, rate=RATE * 0.9)
    assert len(reader.text) == sent
    assert reader.notices == []


def test_a_burst_that_a_page_could_show_leaves_whole() -> None:
    reader = Reader()
    sent = reader.flood(0.5)
    assert len(reader.text) == sent == 5 * MB


def test_a_flood_keeps_its_beginning_and_its_end() -> None:
    reader = Reader()
    reader.send(text("the beginning\n"))
    reader.flood(10)
    reader.send(text("the end\n"))
    reader.ends()
    assert reader.text.startswith("the beginning\n")
    assert reader.text.endswith("the end\n")
    assert not reader.flow.exceeded


def test_a_flood_goes_on_showing_its_newest() -> None:
    reader = Reader()
    reader.flood(10)
    before = len(reader.got)
    reader.flood(10)
    samples = [one for one in reader.got[before:] if left_out(one)]
    assert 15 <= len(samples) <= 20
    assert sum(one.size for one in reader.got[before:]) < 20 * 2 * (TAIL + MAX_TEXT)


def test_a_flood_that_calms_down_is_shown_whole_again() -> None:
    reader = Reader()
    reader.flood(10)
    for _ in range(4):
        reader.passes(SAMPLE_EVERY)
    before = len(reader.got)
    sent = reader.flood(3, rate=MB)
    assert sum(one.size for one in reader.got[before:]) == sent


def test_five_minutes_of_printing_as_fast_as_can_be_do_not_use_up_the_total() -> None:
    reader = Reader()
    reader.flood(300, rate=4 * MB)
    reader.ends()
    assert not reader.flow.exceeded
    assert reader.flow.kept.total < 32 * MB


def test_text_a_little_below_the_rate_does_not_use_up_the_total_either() -> None:
    reader = Reader()
    reader.flood(300, rate=1.5 * MB)
    reader.ends()
    assert not reader.flow.exceeded


def test_after_a_stop_nothing_but_the_last_part_leaves() -> None:
    reader = Reader()
    reader.flood(1)
    reader.flow.stop()
    before = len(reader.got)
    reader.flood(2)
    assert reader.got[before:] == []
    reader.send(text("last\n"))
    reader.ends()
    assert sum(one.size for one in reader.got[before:]) < TAIL + MAX_TEXT + 200
    assert reader.text.endswith("last\n")


def test_a_last_part_begins_with_a_whole_line_and_the_notice_stands_before_it() -> None:
    reader = Reader()
    reader.flow.stop()
    for number in range(10_000):
        reader.send(text(f"line {number}\n"))
    reader.ends()
    notice, *rest = reader.got
    assert left_out(notice)
    assert all(
        line.startswith("line ") for one in rest for line in one.message["content"]["text"].splitlines()
    )


def test_a_notice_says_in_words_how_much_and_begins_a_line() -> None:
    reader = Reader()
    reader.send(text("no end of line"))
    reader.flow.stop()
    reader.send(picture(size=500_000))
    reader.send(picture(size=700_000))
    reader.send(text("z" * MAX_TEXT * 2))
    reader.ends()
    notice = reader.got[1].message["content"]
    assert notice == {"name": "stderr", "text": "\n… 1.2 MB of output left out (2 displays) …\n"}


def test_a_notice_belongs_to_what_was_left_out() -> None:
    reader = Reader()
    reader.flow.stop()
    for function in ("f", "g"):
        reader.send(text("x" * 100_000, mark=(function, 3), parent=function))
    reader.ends()
    notices = [one.message for one in reader.got if left_out(one)]
    assert [interact_of(one) for one in notices] == [("f", 3), ("g", 3)]
    assert [one["parent_header"]["msg_id"] for one in notices] == ["f", "g"]


def test_a_picture_larger_than_the_last_part_is_kept_when_it_is_the_newest() -> None:
    reader = Reader()
    reader.flow.stop()
    reader.send(picture(size=1_000_000))
    last = picture(size=3_000_000)
    reader.send(last)
    reader.send(text("caption\n"))
    reader.ends()
    assert next(one.message for one in reader.got if not left_out(one)) == last


def test_the_newest_update_of_every_display_outlives_a_flood_of_text() -> None:
    reader = Reader()
    reader.flow.stop()
    for value in range(20):
        reader.send(update("bar", value))
        reader.send(update("other", value))
        reader.send(text("x" * 50_000))
    reader.ends()
    updates = [one.message["content"]["data"] for one in reader.got if one.display_id]
    assert updates == [19, 19]


def test_what_a_program_clears_itself_is_not_reported_as_left_out() -> None:
    reader = Reader()
    reader.flow.stop()
    reader.send(text("x" * 100_000))
    reader.send(clear(False))
    reader.send(text("new\n"))
    reader.ends()
    assert [one.msg_type for one in reader.got] == ["clear_output", "stream"]
    assert reader.notices == []


def test_a_flood_behind_a_clear_that_waits_is_reported() -> None:
    reader = Reader()
    reader.flow.stop()
    reader.send(clear(True))
    reader.send(text("x" * 100_000))
    reader.ends()
    assert len(reader.notices) == 1


def test_an_animation_of_large_pictures_slows_down_and_lives() -> None:
    reader = Reader()
    for _ in range(3000):
        reader.send(clear(True))
        reader.send(picture(size=500_000))
        reader.passes(0.1)
    reader.ends()
    assert not reader.flow.exceeded
    assert reader.notices == []
    assert reader.got[-1].msg_type == "display_data"


def test_pictures_of_newer_states_take_the_place_of_older_ones() -> None:
    reader = Reader(most=4 * MB)
    for state in range(100):
        reader.send(picture(("f", state), 500_000))
        reader.ends()
        reader.now += 1 + reader.flow.owes(reader.now)
        assert not reader.flow.exceeded


def test_a_session_owes_until_it_is_within_the_rate_again() -> None:
    reader = Reader()
    reader.send(picture(size=12 * MB))
    owed = reader.flow.owes(reader.now)
    assert 1 < owed < 3
    assert reader.flow.owes(reader.now + owed) == 0


def test_output_of_many_runs_reaches_the_total_in_the_end() -> None:
    reader = Reader(most=4 * MB)
    runs = 0
    while not reader.flow.exceeded and runs < 1000:
        reader.send(picture(size=200_000))
        reader.ends()
        reader.now += 10
        runs += 1
    assert runs == 20


def test_a_million_messages_that_are_no_output_exceed_what_may_be() -> None:
    reader = Reader()
    sent = 0
    while not reader.flow.exceeded and sent < 1_000_000:
        reader.send(of_type("extension", {"msg_type": "interact_start"}, ("f", sent)))
        reader.now += 1 / 10_000
        sent += 1
    assert 10_000 < sent < 100_000


def test_a_loop_over_a_widget_is_no_flood() -> None:
    reader = Reader()
    for value in range(10_000):
        reader.send(of_type("comm_msg", {"data": {"value": value}}))
        reader.now += 1 / 1500
    assert not reader.flow.exceeded


MESSAGES = st.one_of(
    st.builds(text, st.text(max_size=20) | st.integers(1, 60_000).map("y".__mul__)),
    st.builds(picture, st.none(), st.integers(1, 300_000)),
    st.just(None).map(lambda _: of_type("status", {"execution_state": "busy"})),
)
STEPS = st.lists(st.tuples(MESSAGES, st.floats(0, 0.2)), min_size=1, max_size=60)


def identity(parcel: Parcel) -> str:
    return parcel.message["header"]["msg_id"].partition("-")[0]


@given(STEPS, st.integers(10_000, 2_000_000))
def test_nothing_is_reordered_and_every_byte_is_there_or_in_a_notice(
    steps: list[tuple[Message, float]], rate: int
) -> None:
    reader = Reader(most=200 * rate, rate=rate)
    offered: list[Parcel] = []
    for message, pause in steps:
        offered += parcels(message)
        reader.send(message)
        reader.passes(pause)
    reader.ends()

    order = {identity(one): place for place, one in enumerate(offered)}
    places = [order[identity(one)] for one in reader.got if not left_out(one)]
    assert all(one <= two for one, two in pairwise(places))
    shown = sum(one.size for one in reader.got if not left_out(one))
    assert shown + sum(notice["bytes"] for notice in reader.notices) == sum(one.size for one in offered)
    assert [one for one in offered if not one.is_output] == [one for one in reader.got if not one.is_output]


@given(STEPS, st.integers(10_000, 2_000_000))
def test_the_last_part_always_leaves(steps: list[tuple[Message, float]], rate: int) -> None:
    reader = Reader(most=200 * rate, rate=rate)
    offered: list[Parcel] = []
    for message, pause in steps:
        offered += parcels(message)
        reader.send(message)
        reader.passes(pause)
    reader.ends()

    last: list[str] = []
    size = 0
    for one in reversed(offered):
        if not one.is_output or size + one.cost > TAIL:
            break
        size += one.cost
        last.insert(0, text_of(one))
    assert "".join(map(text_of, reader.got)).endswith("".join(last))


def text_of(parcel: Parcel) -> str:
    content: Any = parcel.message["content"]
    return str(content["text"]) if parcel.is_text else str(parcel.message["header"]["msg_id"])


@given(STEPS, st.integers(10_000, 2_000_000))
def test_no_more_output_leaves_than_the_burst_and_the_rate_allow(
    steps: list[tuple[Message, float]], rate: int
) -> None:
    reader = Reader(most=200 * rate, rate=rate)
    began, largest = reader.now, 0
    for message, pause in steps:
        if message["header"]["msg_type"] == "status":
            continue
        for parcel in parcels(message):
            largest = max(largest, parcel.cost)
            reader.got += reader.flow.offer(parcel, reader.now)
            # One message may overdraw, and a sample brings the last part with its notice.
            allowed = rate * (BURST + reader.now - began) + largest + TAIL + 2 * (MAX_TEXT + ENVELOPE)
            assert sum(one.size for one in reader.got) <= allowed
        reader.passes(pause)


@given(st.lists(st.tuples(st.sampled_from(["f", "f/g", "h"]), st.integers(1, 5), st.integers(1, 9))))
def test_what_is_kept_is_what_the_newest_states_have(added: list[tuple[str, int, int]]) -> None:
    kept = Kept()
    rows: dict[str, list[tuple[int, int]]] = {}
    for name, state, size in added:
        kept.add((name, state), size)
        older = rows.get(name, [])
        if older and state > max(one for one, _ in older):
            older = []
        rows[name] = [*older, (state, size)]
    assert kept.total == sum(size for row in rows.values() for _, size in row)

    kept.forget_under("f")
    assert kept.total == sum(size for name, row in rows.items() if name != "f/g" for _, size in row)


def test_what_is_not_marked_stays_and_is_counted() -> None:
    kept = Kept()
    for _ in range(3):
        kept.add(None, 5)
    assert kept.total == 15


def test_what_is_never_left_out_is_bound_by_the_rate() -> None:
    reader = Reader(most=1e12)
    while not reader.flow.exceeded:
        reader.send(of_type("comm_msg", {"data": "x" * 1_000_000}))
    assert sum(one.size for one in reader.got) < FORCED * RATE + 2 * MB


def test_sizes_are_told_as_people_write_them() -> None:
    assert [in_words(size) for size in (7, 1_200, 41_300_000)] == ["7 bytes", "1.2 kB", "41.3 MB"]


def test_of_a_flood_of_states_nothing_older_than_the_newest_is_missed() -> None:
    reader = Reader()
    for state in range(1, 20_000):
        reader.send(text("x" * 1000, mark=("f", state)))
        reader.passes(0.0001)
    reader.ends()
    assert interact_of(reader.got[-1].message) == ("f", 19_999)
    assert reader.notices == []


def test_of_what_is_left_out_nothing_is_kept_but_its_size() -> None:
    reader = Reader()
    for number in range(300):
        reader.send(picture((f"f{number % 100}", number + 1), size=12 * MB))
    gaps = reader.flow._gaps.values()
    assert len(gaps) == MAX_GAPS
    assert all(gap.first["content"] == gap.last.message["content"] == {} for gap in gaps)
