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
from device_agent.kernel.options import controls_given, layout_of, options_of
from device_agent.kernel.parameters import parameters_of, plan_of
from device_agent.kernel.proxy import Interact
from device_agent.kernel.registry import Live, Registry
from device_agent.kernel.stamp import Stamp, flush_streams, stamped
from device_agent.kernel.tracebacks import show_error

# The interact whose function is running. A context variable, so that threads and tasks keep theirs.
_running: ContextVar[Live | None] = ContextVar("running", default=None)
# The key of interact_error for what concerns the whole change and no single control.
WHOLE = ""


class Library:
    """Holds the kernel and the registry; every other part is plain functions."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self.registry = Registry()

    def interact(self, *args: Any, **given: Any) -> Any:
        """`@interact`, `@interact(n=(1, 10))` or `interact(f, n=(1, 10))`.

        Keywords are controls of the function's parameters, or options: controls, layout, update,
        auto_update, readonly, preempt, throttle, style. A parameter of an option's name wins.
        """
        function, *rest = args if args and callable(args[0]) else (None, *args)
        if len(rest) > 1 or (rest and "controls" in given):
            raise OptionError("interact takes one function and one dict or list of controls")
        if rest:
            given = {"controls": rest[0], **given}
        if function is not None:
            return self._decorate(function, given)
        return lambda function: self._decorate(function, given)

    def _decorate(self, function: Callable[..., Any], given: dict[str, Any]) -> Interact:
        if not callable(function):
            raise OptionError(f"interact needs a function, not {function!r}")
        live = self._make(function, given)
        show_figures()
        with library_code():
            self._announce(live)
            interrupted = self._run(live, self.registry.next_state(live), None)
        if interrupted:
            # The reader pressed stop: that means the cell as well.
            raise KeyboardInterrupt
        return live.proxy  # type: ignore[return-value]

    def _make(self, function: Callable[..., Any], given: dict[str, Any]) -> Live:
        parameters = parameters_of(function)
        named = {n: v for n, v in given.items() if n in options_module.NAMES and n not in parameters}
        update = parameters.get("auto_update")
        if update is not None and isinstance(update.default, bool):
            # Sage's spelling of the option: a parameter of that name.
            named.setdefault("auto_update", update.default)
        options = options_of(named)
        specifications = controls_given(options.controls, parameters)
        specifications |= {name: value for name, value in given.items() if name not in named}
        plan = plan_of(function, specifications, options.style)
        parent = _running.get()
        proxy = Interact(function)
        # Described once here, so that what cannot be drawn is an error of this line.
        layout_of(options.layout, plan.controls)
        for name, control in plan.controls.items():
            _described(name, control)
        return self.registry.add(function, plan, options, proxy, parent, self._cell())

    def _cell(self) -> str | None:
        cell = self._kernel.get_parent("shell").get("metadata", {}).get("cellId")
        return cell if isinstance(cell, str) else None

    def _announce(self, live: Live) -> None:
        controls = {name: control.describe() for name, control in live.plan.controls.items()}
        self._tell(
            "interact_start",
            function_name=live.name,
            state=self.registry.next_state(live),
            controls=controls,
            layout=layout_of(live.options.layout, controls),
            options=live.options.describe(),
            parent=None if live.parent is None else live.parent.name,
        )

    def change(self, change: object) -> None:
        """Apply what `metadata.interact` of a request says."""
        name, values, state = _read_change(change)
        live = self.registry.find(name)
        if live is None:
            self._refuse(name, state, {WHOLE: f"there is no interact named {name!r}"})
        elif state > live.state:
            if live.options.readonly:
                self._refuse(name, state, {WHOLE: f"{name} is read-only"})
            else:
                self._run(live, state, values)

    def forget_cell(self, cell: object) -> None:
        """A cell that runs again takes its names back."""
        if isinstance(cell, str):
            self.registry.forget_cell(cell)

    def _run(self, live: Live, state: int, wire: dict[str, Any] | None) -> bool:
        """Run the function at these wire values, or at its defaults. True when it was interrupted."""
        self.registry.enter_state(live, state)
        with stamped(self._kernel, Stamp(live.name, state)), _entered(live):
            values, errors = self._values(live, wire)
            if errors:
                self._tell("interact_error", function_name=live.name, state=state, errors=errors)
                return False
            self.registry.forget_under(live)
            try:
                return self._call(live, values)
            finally:
                self._tell("interact_end", function_name=live.name, state=state)

    def _values(self, live: Live, wire: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, str]]:
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        namespace = self._kernel.shell.user_ns
        for name in (wire or {}).keys() - live.plan.controls.keys():
            errors[name] = f"{live.name} has no control of this name"
        for name, control in live.plan.controls.items():
            if wire is not None and name not in wire:
                errors[name] = "the value is missing"
                continue
            try:
                with user_code():
                    values[name] = (
                        control.initial(namespace) if wire is None else control.value(wire[name], namespace)
                    )
            except ControlError as error:
                errors[name] = str(error)
            except KeyboardInterrupt:
                errors[name] = "stopped"
        return values, errors

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
            show_error(self._kernel.shell, error)
            return True
        except BaseException as error:
            # Also SystemExit: a function that calls exit() must not end the session of the page.
            show_figures()
            show_error(self._kernel.shell, error)
        return False

    def _refuse(self, name: str, state: int, errors: dict[str, str]) -> None:
        with stamped(self._kernel, Stamp(name, state)):
            self._tell("interact_error", function_name=name, state=state, errors=errors)

    def _tell(self, kind: str, **content: Any) -> None:
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


def _described(name: str, control: Any) -> None:
    try:
        control.describe()
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
