"""Pure rules for how much leaves a session: the middle of a flood is left out, its last part is kept.

What a reader wants of a flood is its beginning, a sign of life, and its end. So output passes whole while it
stays below the rate, with `BURST` seconds of it at once: more than a page shows. What is faster than that is
cut: from then on the newest is shown twice a second, in between it is only counted, and a line says how much
was left out. When the run ends or is stopped its last part leaves, whatever was cut.

The total is what a replay would bring. As little of it is left, the rate falls with it: text alone never uses
it up, and a run never takes all that later runs need.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chalicelib.messages import Message, make
from device_agent.runs import MAX_FUNCTIONS
from device_agent.stream import Parcel, add, after_line, continues

BURST = 4.0
"""Seconds of the rate that may leave at once: 8 MB at 2 MB/s."""
LASTS = 32.0
"""Seconds for which what is left of the total shall last at least, at any time."""
FORCED = 16.0
"""Seconds of the rate that may come at once of what is never left out: 32 MB, or some 20,000 messages."""
SAMPLE_EVERY = 0.5
TAIL = 16 * 1024
"""Bytes of the newest output that are kept at least while it is cut; larger messages stay whole."""
UPDATES = 256 * 1024
"""The same, of the newest updates of displays: a progress bar must not stand still behind a flood of text."""
LINE = 1000
"""Characters in which a line has to end for what is shown after a gap to begin with the next."""
MAX_GAPS = 8


class Kept:
    """How many bytes a replay would bring: a newer state of a function takes the place of the older."""

    def __init__(self) -> None:
        self.total = 0
        self._functions: dict[str, tuple[int, int]] = {}

    def add(self, mark: tuple[str, int] | None, size: int) -> None:
        self.total += size
        if mark is None:
            return
        name, state = mark
        newest, held = self._functions.pop(name, (state, 0))
        if state > newest:
            self.total -= held
            newest, held = state, 0
        self._functions[name] = (newest, held + size)
        if len(self._functions) > MAX_FUNCTIONS:
            del self._functions[next(iter(self._functions))]

    def forget_under(self, function_name: str) -> None:
        """The function runs again, and what was nested in it with it."""
        for name in [name for name in self._functions if name.startswith(function_name + "/")]:
            self.total -= self._functions.pop(name)[1]


@dataclass
class Gap:
    """What was left out of one owner's output: first and last message, all sizes, how many were not text.

    Of these messages nothing that they show is kept: gaps of 12 MB each would fill the memory.
    """

    first: Message
    last: Parcel
    size: int = 0
    displays: int = 0

    def add(self, hollow: Parcel) -> None:
        self.last = hollow
        self.size += hollow.size
        self.displays += not hollow.is_text

    def is_replaced_by(self, parcel: Parcel) -> bool:
        """Whether the interact has a newer state by now: nobody misses what the older one showed."""
        ours, newer = self.last.scope[1], parcel.scope[1]
        return ours is not None and newer is not None and ours[1] < newer[1]


class Flow:
    """`most` is the total, in bytes; `rate` in bytes per second; `now` in seconds of any steady clock."""

    def __init__(self, most: float, rate: float, now: float) -> None:
        self._most, self._rate = most, rate
        self.kept = Kept()
        self._at = now
        self._tokens = self._capacity
        self._forced = 0.0
        self._held: list[Parcel] = []
        self._gaps: dict[str | None, Gap] = {}
        self._is_cut = False
        self._is_stopped = False
        self._sampled_at = now
        self._last: Parcel | None = None
        self.left_out = 0
        """Bytes that notices have told of."""

    @property
    def _left(self) -> float:
        return max(0.0, self._most - self.kept.total)

    @property
    def _capacity(self) -> float:
        return min(BURST * self._rate, self._left / 4)

    @property
    def _refill(self) -> float:
        return min(self._rate, self._left / LASTS)

    @property
    def exceeded(self) -> bool:
        """Whether more has left than leaving out could prevent: the session has to end."""
        return self.kept.total > self._most or self._forced > FORCED * self._rate

    def owes(self, now: float) -> float:
        """Seconds until what has left is within the rate again, at most a minute."""
        self._earn(now)
        if self._tokens > 0:
            return 0.0
        return min(60.0, (1 - self._tokens) / self._refill) if self._refill > 0 else 60.0

    def offer(self, parcel: Parcel, now: float) -> list[Parcel]:
        """What leaves now that the kernel has sent this, in order; only output is ever held or left out."""
        self._earn(now)
        if not parcel.is_shown:
            self._forced += parcel.cost
            return self._pass([*(self._take() if self._tokens > 0 else self._give_up()), parcel])
        if not self._cuts(now):
            return self._pass([parcel])
        gap = self._gaps.get(parcel.owner)
        if add(self._held, parcel) or (gap and gap.is_replaced_by(parcel)):
            self._gaps.pop(parcel.owner, None)
        self._trim()
        return []

    def wait(self, now: float) -> float | None:
        """Seconds until `sample` has something; None when that is not known yet.

        What would take a quarter of what is left of the total waits for the end of the run.
        """
        if self._is_stopped or not (self._held or self._gaps):
            return None
        if sum(one.cost for one in self._held) > self._left / 4:
            return None
        return max(0.0, self._sampled_at + SAMPLE_EVERY - now, self.owes(now))

    def sample(self, now: float) -> list[Parcel]:
        """The newest of what is cut, if it is time; from a source that has calmed down, all again."""
        if self.wait(now) != 0.0:
            return []
        self._is_cut, self._sampled_at = bool(self._gaps), now
        return self._pass(self._take())

    def stop(self) -> None:
        """The reader wants no more than the last part."""
        self._is_cut = self._is_stopped = True

    def release(self, now: float) -> list[Parcel]:
        """The run has ended: its last part leaves, whatever the limits say."""
        self._earn(now)
        self._is_cut = self._is_stopped = False
        return self._pass(self._take())

    def _earn(self, now: float) -> None:
        passed, self._at = max(0.0, now - self._at), max(self._at, now)
        self._tokens = min(self._tokens + passed * self._refill, self._capacity)
        self._forced = max(0.0, self._forced - passed * self._rate)

    def _cuts(self, now: float) -> bool:
        if self._is_cut and not (self._held or self._gaps or self._is_stopped):
            self._is_cut = now < self._sampled_at + SAMPLE_EVERY
        if self._tokens <= 0 and not self._is_cut:
            self._is_cut, self._sampled_at = True, now
        return self._is_cut

    def _pass(self, parcels: list[Parcel]) -> list[Parcel]:
        for parcel in parcels:
            joins = self._last is not None and continues(self._last, parcel)
            cost = parcel.size if joins else parcel.cost
            self._tokens -= cost
            self.kept.add(parcel.scope[1], cost)
            self._last = parcel
        return parcels

    def _trim(self) -> None:
        """Leave out the oldest of what is held, of each kind that which is more than has to be kept."""
        plain = [one for one in self._held if one.is_output and one.display_id is None]
        updates = [one for one in self._held if one.display_id is not None]
        clears = [one for one in self._held if not one.is_output]
        gone = [*_surplus(plain, TAIL), *_surplus(updates, UPDATES), *_surplus(clears, UPDATES)]
        if gone:
            self._leave_out(gone)
            ids = set(map(id, gone))
            self._held = [one for one in self._held if id(one) not in ids]

    def _leave_out(self, parcels: Iterable[Parcel]) -> None:
        for parcel in parcels:
            owner, hollow = parcel.owner, parcel.hollow
            if owner not in self._gaps and len(self._gaps) >= MAX_GAPS:
                owner = next(reversed(self._gaps))
            self._gaps.setdefault(owner, Gap(hollow.message, hollow)).add(hollow)

    def _give_up(self) -> list[Parcel]:
        """Leave out all that is held; what clears output has to be kept."""
        held, self._held = self._held, []
        self._leave_out(one for one in held if one.is_output)
        return [one for one in held if not one.is_output]

    def _take(self) -> list[Parcel]:
        """All that is held, behind a notice for every gap."""
        held, self._held = self._held, []
        gaps, self._gaps = self._gaps, {}
        for gap in gaps.values():
            place = next((n for n, one in enumerate(held) if one.scope == gap.last.scope), None)
            if place is not None and continues(gap.last, held[place]):
                whole = after_line(held[place], LINE)
                gap.size += held[place].size - whole.size
                held[place] = whole
        return [*self._notices(gaps.values()), *held]

    def _notices(self, gaps: Iterable[Gap]) -> Iterator[Parcel]:
        last = self._last.message["content"].get("text") if self._last and self._last.is_text else None
        start = "\n" if last and not last.endswith("\n") else ""
        for gap in gaps:
            self.left_out += gap.size
            yield _notice(gap, start)
            start = ""


def _surplus(parcels: list[Parcel], kept: int) -> Iterator[Parcel]:
    """The first ones, as long as the others are at least so large together."""
    rest = sum(one.cost for one in parcels)
    for one in parcels:
        rest -= one.cost
        if rest < kept:
            return
        yield one


def _notice(gap: Gap, start: str) -> Parcel:
    displays = f" ({gap.displays:,} display{'s' if gap.displays > 1 else ''})" if gap.displays else ""
    text = f"{start}… {in_words(gap.size)} of output left out{displays} …\n"
    metadata = {**gap.first["metadata"], "left_out": {"bytes": gap.size, "displays": gap.displays}}
    content = {"name": "stderr", "text": text}
    message = make("stream", "iopub", content, gap.first["parent_header"], metadata)
    return Parcel(message, len(text.encode()), is_text=True)


def in_words(size: int) -> str:
    """A number of bytes as people write it."""
    for unit, number in (("MB", 1e6), ("kB", 1e3)):
        if size >= number:
            return f"{size / number:.1f} {unit}"
    return f"{size} bytes"
