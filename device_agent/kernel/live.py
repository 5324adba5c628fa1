"""One interact that a browser may still change: its controls, and the values that they have and had."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from device_agent.kernel.controls import Control
from device_agent.kernel.errors import ControlError
from device_agent.kernel.interrupts import user_code
from device_agent.kernel.layout import Layout
from device_agent.kernel.options import Options
from device_agent.kernel.parameters import Plan

UNKNOWN: Any = object()
MOST_SHOWN = 8 * 1024
"""Characters of a value that is told to whoever only watches."""


@dataclass(eq=False)
class Live:
    """Wire values are kept beside Python values: they are what a browser and a shared link hold."""

    name: str
    function: Callable[..., Any]
    plan: Plan
    options: Options
    proxy: object
    parent: "Live | None"
    cell: str | None
    state: int = 0
    # The newest state that the browser sent. Runs that code asked for count on from it.
    sent: int = 0
    children: "dict[str, Live]" = field(default_factory=dict)
    controls: dict[str, Control] = field(init=False)
    layout: Layout = field(default_factory=list)
    wire: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    running: bool = False
    again: bool = False
    _cause: list[str] = field(default_factory=list)
    _ran: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.controls = dict(self.plan.controls)

    def heard(self, state: int, wire: Mapping[str, Any]) -> None:
        """The browser sent a change: by what it holds, we see which additions and removals it knows."""
        self.sent = state
        self.added.difference_update(wire)
        self.removed.intersection_update(wire)

    def evaluate(
        self, wire: Mapping[str, Any], namespace: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """The Python values for wire values of all controls, and what is wrong with which of them."""
        values: dict[str, Any] = {}
        # A browser may not know yet what code has just removed, or added.
        unknown = [name for name in wire if name not in self.controls and name not in self.removed]
        errors = dict.fromkeys(unknown, f"{self.name} has no control of this name")
        for name, control in self.controls.items():
            part = wire.get(name, self.wire[name] if name in self.added else UNKNOWN)
            if part is UNKNOWN:
                errors[name] = "the value is missing"
                continue
            try:
                with user_code():
                    values[name] = control.read(part, namespace)
            except ControlError as error:
                errors[name] = str(error)
            except KeyboardInterrupt:
                errors[name] = "stopped"
        return values, errors

    def begin(self, wire: Mapping[str, Any], values: dict[str, Any]) -> None:
        """A run at these values begins."""
        wire = {name: wire.get(name, self.wire[name]) for name in self.controls}
        self._cause = self._different(wire)
        self.wire = wire | self._at_rest()
        self._ran = dict(self.wire)
        self.values = dict(values)
        self.running = True

    def end(self) -> None:
        self.running = False
        self._cause = []
        for name, rest in self._at_rest().items():
            self.values[name] = self.controls[name].read(rest, {})

    @property
    def shown(self) -> dict[str, Any]:
        """The wire values that whoever only watches is shown: no clicks, no files, nothing large."""
        return {
            name: self.wire[name]
            for name, control in self.controls.items()
            if not (control.momentary or control.private) and len(json.dumps(self.wire[name])) <= MOST_SHOWN
        }

    @property
    def changed(self) -> list[str]:
        """Inside a run what caused it, and always what code has set since."""
        since = self._different(self.wire)
        return [name for name in self.controls if name in since or name in self._cause]

    def _different(self, wire: Mapping[str, Any]) -> list[str]:
        before = self._at_rest() | self._ran
        return [name for name in self.controls if before.get(name, UNKNOWN) != wire[name]]

    def _at_rest(self) -> dict[str, Any]:
        """The wire values of what counts for one run only, when nobody has touched it."""
        return {
            name: control.describe()["default"]
            for name, control in self.controls.items()
            if control.momentary
        }
