"""Which interacts are alive, under which names, and how far their states have counted."""

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from device_agent.kernel.errors import LongwireError
from device_agent.kernel.live import Live
from device_agent.kernel.options import Options
from device_agent.kernel.parameters import Plan

MOST_SIBLINGS = 1_000
MOST_STATES = 10_000
# The longest name that the protocol lets a change bear.
LONGEST_NAME = 200


class Registry:
    """Bounded on all sides: a session may run for days and make interacts all the while.

    A nested interact lives until its parent runs again. One of the top level lives until the cell
    that made it (by `metadata.cellId`) runs again, or until 1,000 newer ones stand beside it.
    """

    def __init__(self) -> None:
        self._alive: dict[str, Live] = {}
        self._top: dict[str, Live] = {}
        self._states: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._alive)

    def find(self, name: str) -> Live | None:
        return self._alive.get(name)

    def add(
        self,
        function: Callable[..., Any],
        plan: Plan,
        options: Options,
        proxy: object,
        parent: Live | None,
        cell: str | None,
    ) -> Live:
        if parent is not None and self._alive.get(parent.name) is not parent:
            raise LongwireError(f"the output of {parent.name}, in which this interact would stand, is gone")
        siblings = self._top if parent is None else parent.children
        if len(siblings) >= MOST_SIBLINGS:
            self.forget(next(iter(siblings.values())))
        name = self._free_name(_base_name(function), parent)
        if len(name) > LONGEST_NAME:
            raise LongwireError(f"interacts are nested too deep: {name[:40]}… has {len(name)} characters")
        live = Live(name, function, plan, options, proxy, parent, cell)
        siblings[name] = self._alive[name] = live
        return live

    def _free_name(self, base: str, parent: Live | None) -> str:
        first = base if parent is None else f"{parent.name}/{base}"
        name, number = first, 1
        while name in self._alive:
            number += 1
            name = f"{first}-{number}"
        return name

    def next_state(self, live: Live) -> int:
        return max(live.state, self._states.get(live.name, 0)) + 1

    def enter_state(self, live: Live, state: int) -> None:
        live.state = state
        self._states[live.name] = state
        self._states.move_to_end(live.name)
        if len(self._states) > MOST_STATES:
            self._states.popitem(last=False)

    def forget(self, live: Live) -> None:
        self.forget_under(live)
        self._alive.pop(live.name, None)
        siblings = self._top if live.parent is None else live.parent.children
        siblings.pop(live.name, None)

    def forget_under(self, live: Live) -> None:
        for child in list(live.children.values()):
            self.forget(child)

    def forget_cell(self, cell: str) -> None:
        for live in [live for live in self._top.values() if live.cell == cell]:
            self.forget(live)


def _base_name(function: Callable[..., Any]) -> str:
    """The function's own name, as far as it has one that can stand in a path of names."""
    name = getattr(function, "__name__", None) or type(function).__name__
    return re.sub(r"\W+", "", str(name))[:60] or "function"
