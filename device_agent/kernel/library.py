"""The interact library of one kernel: makes interacts, applies changes to them, tells the browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from IPython.display import display

from device_agent.kernel import options as options_module
from device_agent.kernel.errors import ChangeError, ControlError, OptionError
from device_agent.kernel.figures import drop_figures, show_figures
from device_agent.kernel.interrupts import library_code, user_code
from device_agent.kernel.layout import layout_of
from device_agent.kernel.live import Live
from device_agent.kernel.options import controls_given, options_of, settled
from device_agent.kernel.parameters import VARIADIC, parameters_of, plan_of, takes_any
from device_agent.kernel.proxy import Interact, bind
from device_agent.kernel.registry import Registry
from device_agent.kernel.stamp import Stamp, flush_streams, stamped
from device_agent.kernel.steering import Steering
from device_agent.kernel.tracebacks import call_in_words, show_error

# The interact whose function is running. A context variable, so that threads and tasks keep theirs.
_running: ContextVar[Live | None] = ContextVar("running", default=None)
# The key of interact_error for what concerns the whole change and no single control.
WHOLE = ""
# A function that always asks to be run once more would otherwise never end.
MOST_REPEATS = 100


class Library:
    """Holds the kernel and the registry; every other part is plain functions."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self.registry = Registry()

    def interact(self, *args: Any, **given: Any) -> Any:
        """`@interact`, `@interact(n=(1, 10))` or `interact(f, n=(1, 10))`.

        Keywords are controls of the function's parameters, or options; a parameter of an option's
        name wins. controls: a dict or list of further controls. layout: rows, or a dict of rows at
        top, left, right, bottom. update: "auto"; "button", as auto_update=False; or names of those
        arguments whose change runs the function, which takes along what else was changed. readonly:
        only code moves the controls. output=False: no output area. preempt: a newer change stops a
        run. throttle: at most one change in so many milliseconds. style="ipywidgets": its meaning
        of values, where it differs from Sage's.
        """
        function, *rest = args if args and callable(args[0]) else (None, *args)
        if rest:
            given["controls"] = _only(rest, given)
        if function is not None:
            return self._decorate(function, given)
        return lambda function: self._decorate(function, given)

    def interact_manual(self, *args: Any, **given: Any) -> Any:
        """interact with an update button that also waits with the first run until it is pressed."""
        function, *rest = args if args and callable(args[0]) else (None, *args)
        given.setdefault("update", "button")
        if rest:
            given["controls"] = _only(rest, given)
        if function is not None:
            return self._decorate(function, given, first_run=False)
        return lambda function: self._decorate(function, given, first_run=False)

    def _decorate(
        self, function: Callable[..., Any], given: dict[str, Any], first_run: bool = True
    ) -> Interact:
        if not callable(function):
            raise OptionError(f"interact needs a function, not {function!r}")
        live, controls = self._make(function, given)
        show_figures()
        with library_code():
            self._announce(live, controls)
            live.sent = self.registry.next_state(live)
            if first_run:
                interrupted = self._run(live, live.sent, live.wire)
            else:
                interrupted = self._leave_empty(live, live.sent)
        if interrupted:
            # The reader pressed stop: that means the cell as well.
            raise KeyboardInterrupt
        return live.proxy  # type: ignore[return-value]

    def _make(self, function: Callable[..., Any], given: dict[str, Any]) -> tuple[Live, dict[str, Any]]:
        """A new interact, with its controls as they go over the wire."""
        parameters = parameters_of(function)
        named = {n: v for n, v in given.items() if n in options_module.NAMES and n not in parameters}
        update = parameters.get("auto_update")
        if update is not None and isinstance(update.default, bool):
            # Sage's spelling of the option: a parameter of that name.
            named.setdefault("auto_update", update.default)
        options = options_of(named)
        named_only = [name for name, parameter in parameters.items() if parameter.kind not in VARIADIC]
        specifications = controls_given(options.controls, named_only, takes_any(parameters))
        specifications |= {name: value for name, value in given.items() if name not in named}
        plan = plan_of(function, specifications, options.style)
        options = settled(options, plan.controls)
        # Described before anything is kept, so that what cannot be drawn is an error of this line.
        layout = layout_of(options.layout, plan.controls, options.output)
        controls = {name: _described(name, control) for name, control in plan.controls.items()}
        proxy = Interact(function)
        live = self.registry.add(function, plan, options, proxy, _running.get(), self._cell())
        live.layout = layout
        live.wire = {name: described["default"] for name, described in controls.items()}
        bind(proxy, Steering(self, live))
        return live, controls

    def _cell(self) -> str | None:
        cell = self._kernel.get_parent("shell").get("metadata", {}).get("cellId")
        return cell if isinstance(cell, str) else None

    def _announce(self, live: Live, controls: dict[str, Any]) -> None:
        self.tell(
            "interact_start",
            function_name=live.name,
            state=self.registry.next_state(live),
            controls=controls,
            layout=live.layout,
            options=live.options.describe(),
            parent=None if live.parent is None else live.parent.name,
        )

    def change(self, change: object) -> None:
        """Apply what `metadata.interact` of a request says."""
        name, values, state = _read_change(change)
        live = self.registry.find(name)
        if live is None:
            self._refuse(name, state, {WHOLE: f"there is no interact named {name!r}"})
        elif state > live.sent:
            if live.options.readonly:
                self._refuse(name, state, {WHOLE: f"{name} is read-only"})
            else:
                live.heard(state, values)
                # Code may have run it meanwhile, at a state that the browser had not seen when it sent this.
                self._run(live, max(state, live.state + 1), values)

    def forget_cell(self, cell: object) -> None:
        """A cell that runs again takes its names back."""
        if isinstance(cell, str):
            self.registry.forget_cell(cell)

    @property
    def namespace(self) -> dict[str, Any]:
        """Where expressions are evaluated: where the user works."""
        return self._kernel.shell.user_ns  # type: ignore[no-any-return]

    def is_alive(self, live: Live) -> bool:
        return self.registry.find(live.name) is live

    def tell_update(self, live: Live, **content: Any) -> None:
        """Tell the browser what the program itself changed."""
        self.tell("interact_update", function_name=live.name, **content)

    def run_again(self, live: Live) -> None:
        """Run at the present values, because the program says so."""
        with library_code():
            interrupted = self._run(live, self.registry.next_state(live), live.wire)
        if interrupted:
            raise KeyboardInterrupt

    def _run(self, live: Live, state: int, wire: dict[str, Any]) -> bool:
        """Run the function, and once more as often as it asks for that. True when it was interrupted."""
        live.again = False
        interrupted = self._run_once(live, state, wire)
        for _ in range(MOST_REPEATS):
            if interrupted or not live.again or not self.is_alive(live):
                return interrupted
            live.again = False
            interrupted = self._run_once(live, self.registry.next_state(live), live.wire)
        if live.again:
            text = f"{live.name} asked {MOST_REPEATS} times in a row to run once more"
            self._refuse(live.name, live.state, {WHOLE: text})
        return interrupted

    def _run_once(self, live: Live, state: int, wire: dict[str, Any]) -> bool:
        self.registry.enter_state(live, state)
        with stamped(self._kernel, Stamp(live.name, state)), _entered(live):
            values, errors = live.evaluate(wire, self.namespace)
            if errors:
                self.tell("interact_error", function_name=live.name, state=state, errors=errors)
                return False
            self.registry.forget_under(live)
            live.begin(wire, values)
            try:
                return self._call(live, values)
            finally:
                live.end()
                self.tell("interact_end", function_name=live.name, state=state, values=live.shown)

    def _call(self, live: Live, values: dict[str, Any]) -> bool:
        arguments, named = live.plan.arguments(values, live.proxy)
        try:
            with user_code():
                result = live.function(*arguments, **named)
                show_figures()
                if result is not None:
                    display(result)  # type: ignore[no-untyped-call]
        except KeyboardInterrupt as error:
            drop_figures()
            show_error(self._kernel.shell, error, _call_of(live, values))
            return True
        except BaseException as error:
            # Also SystemExit: a function that calls exit() must not end the session of the page.
            show_figures()
            show_error(self._kernel.shell, error, _call_of(live, values))
        return False

    def _leave_empty(self, live: Live, state: int) -> bool:
        """The first run of a function that nobody has asked for yet: an output with nothing in it."""
        self.registry.enter_state(live, state)
        with stamped(self._kernel, Stamp(live.name, state)):
            self.tell("interact_end", function_name=live.name, state=state)
        return False

    def _refuse(self, name: str, state: int, errors: dict[str, str]) -> None:
        with stamped(self._kernel, Stamp(name, state)):
            self.tell("interact_error", function_name=name, state=state, errors=errors)

    def tell(self, kind: str, **content: Any) -> None:
        """Send the browser a message of this library."""
        flush_streams(self._kernel)
        self._kernel.send_response(
            self._kernel.iopub_socket,
            "extension",
            {"msg_type": kind, "content": content},
            ident=self._kernel._topic("extension"),
            channel="shell",
        )


@contextmanager
def _entered(live: Live) -> Iterator[None]:
    token = _running.set(live)
    try:
        yield
    finally:
        _running.reset(token)


def _only(rest: list[Any], given: dict[str, Any]) -> Any:
    if len(rest) > 1 or "controls" in given:
        raise OptionError("interact takes one function and one dict or list of controls")
    return rest[0]


def _call_of(live: Live, values: dict[str, Any]) -> str:
    taken = {name: value for name, value in values.items() if live.plan.takes(name)}
    return call_in_words(live.name.rpartition("/")[2], taken)


def _described(name: str, control: Any) -> dict[str, Any]:
    try:
        return control.describe()  # type: ignore[no-any-return]
    except ControlError as error:
        raise ControlError(f"{name}: {error}") from None


def _read_change(change: object) -> tuple[str, dict[str, Any], int]:
    if not isinstance(change, dict):
        raise ChangeError("metadata.interact", "must be an object")
    name, values, state = change.get("function_name"), change.get("values"), change.get("state")
    if not isinstance(name, str):
        raise ChangeError("metadata.interact.function_name", "must be a string")
    if not isinstance(values, dict):
        raise ChangeError("metadata.interact.values", "must be an object")
    if isinstance(state, bool) or not isinstance(state, int) or state < 1:
        raise ChangeError("metadata.interact.state", "must be an integer from 1")
    return name, values, state
