"""What code does with a living interact: read and set values, add and remove controls, run, save, restore."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from device_agent.kernel.abbreviations import control_of
from device_agent.kernel.controls import Control
from device_agent.kernel.errors import ControlError, LongwireError
from device_agent.kernel.interrupts import library_code, user_code
from device_agent.kernel.layout import OUTPUT, with_control, without_control
from device_agent.kernel.live import Live


class Page(Protocol):
    """What of the library is needed here."""

    def is_alive(self, live: Live) -> bool: ...

    def tell_update(self, live: Live, **content: Any) -> None: ...

    def run_again(self, live: Live) -> None: ...

    @property
    def namespace(self) -> dict[str, Any]: ...


class Steering:
    """The operations of one interact, for its proxy. An error names the control that it concerns."""

    def __init__(self, page: Page, live: Live) -> None:
        self._page = page
        self._live = live

    @property
    def names(self) -> list[str]:
        return [*self._live.controls, *self._live.plan.fixed]

    @property
    def changed(self) -> list[str]:
        return self._live.changed

    def read(self, name: str) -> Any:
        live = self._live
        if name in live.controls:
            if name not in live.values:
                live.values[name] = self._evaluated(name, live.controls[name], live.wire[name])
            return live.values[name]
        if name in live.plan.fixed:
            return live.plan.fixed[name]
        raise ControlError(f"{live.name} has no control named {name!r}")

    def set(self, name: str, value: Any) -> None:
        """Move a control to a value; a name without a control gets the one that the value stands for."""
        live = self._live
        if name in live.plan.fixed:
            live.plan.fixed[name] = value
        elif name not in live.controls or isinstance(value, Control):
            self.add(name, value)
        else:
            self._require_alive()
            with library_code():
                control = _named(name, live.controls[name].at, value)
                self._put(name, control)

    def add(self, name: str, specification: Any) -> None:
        self._require_alive()
        live = self._live
        if not isinstance(name, str) or not name or name in (OUTPUT, live.plan.proxy):
            raise ControlError(f"{name!r} cannot be the name of a control")
        with library_code():
            control = _named(name, control_of, specification, live.options.style)
            live.plan.fixed.pop(name, None)
            self._put(name, control)

    def _put(self, name: str, control: Control) -> None:
        live = self._live
        described = _named(name, control.describe)
        value = self._evaluated(name, control, described["default"])
        old = live.controls.get(name)
        # Only the value differs, as a rule: then the page need not draw the control anew.
        same = old is not None and old.describe() | {"default": None} == described | {"default": None}
        live.controls[name] = control
        live.wire[name], live.values[name] = described["default"], value
        if old is None:
            live.added.add(name)
            live.removed.discard(name)
            live.layout = with_control(live.layout, name)
            self._page.tell_update(live, controls={name: described}, layout=live.layout)
        elif same:
            self._page.tell_update(live, values={name: described["default"]})
        else:
            self._page.tell_update(live, controls={name: described})

    def remove(self, name: str) -> None:
        """Take a control away; a parameter of the function keeps the value that it had."""
        self._require_alive()
        live = self._live
        if name not in live.controls:
            raise ControlError(f"{live.name} has no control named {name!r}")
        if name in live.plan.named:
            live.plan.fixed[name] = self.read(name)
        with library_code():
            for known in (live.controls, live.wire, live.values):
                known.pop(name, None)
            live.added.discard(name)
            live.removed.add(name)
            live.layout = without_control(live.layout, name)
            self._page.tell_update(live, removed=[name], layout=live.layout)

    def update(self) -> None:
        """Run the function at the values that its controls have; from inside of it, once it has ended."""
        self._require_alive()
        if self._live.running:
            self._live.again = True
        else:
            self._page.run_again(self._live)

    def state(self) -> dict[str, Any]:
        """The wire values, which are JSON; clicks and mere texts are no state."""
        live = self._live
        return {name: live.wire[name] for name, control in live.controls.items() if not control.momentary}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what state() gave, all of it or nothing, and run once."""
        self._require_alive()
        live = self._live
        if not isinstance(state, Mapping):
            raise ControlError(f"a state is a dict of values by name, not {state!r}")
        for name in state:
            if name not in live.controls:
                raise ControlError(f"{live.name} has no control named {name!r}")
        wire = {name: value for name, value in state.items() if not live.controls[name].momentary}
        with library_code():
            values = {name: self._evaluated(name, live.controls[name], part) for name, part in wire.items()}
            live.wire |= wire
            live.values |= values
            self._page.tell_update(live, values=wire)
        self.update()

    def _evaluated(self, name: str, control: Control, wire: Any) -> Any:
        with user_code():
            return _named(name, control.read, wire, self._page.namespace)

    def _require_alive(self) -> None:
        if not self._page.is_alive(self._live):
            raise LongwireError(f"{self._live.name} is no longer in the page: run its cell again")


def _named(name: str, make: Callable[..., Any], *args: Any) -> Any:
    try:
        return make(*args)
    except ControlError as error:
        raise ControlError(f"{name}: {error}") from None
