"""What the name of a decorated function stands for: the plain function, and the handle of its controls."""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any

from device_agent.kernel.errors import ControlError
from device_agent.kernel.steering import Steering


class Interact:
    """Calls the plain function. `f.n` reads a control and `f.n = 3` sets it, without a run.

    Names that are taken by a method can be reached as items: `f["state"]`.
    """

    # All attributes bear two underscores, so that a control can have any other name.
    __steering: Steering | None

    def __init__(self, function: Callable[..., Any]) -> None:
        object.__setattr__(self, "_Interact__function", function)
        object.__setattr__(self, "_Interact__steering", None)
        update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return object.__getattribute__(self, "_Interact__function")(*args, **kwargs)

    def update(self) -> None:
        """Run the function at the values of its controls; inside of it: once more when it has ended."""
        _steering(self).update()

    def add(self, name: str, specification: Any) -> None:
        """Add a control, from all that interact itself takes; or put another one in its place."""
        _steering(self).add(name, specification)

    def remove(self, name: str) -> None:
        """Remove a control; the function keeps its last value."""
        _steering(self).remove(name)

    def state(self) -> dict[str, Any]:
        """All values, as JSON can hold them: a selector's is an index, say."""
        return _steering(self).state()

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what state() gave, and run once."""
        _steering(self).set_state(state)

    @property
    def changed(self) -> list[str]:
        """The names of the controls that have changed since the last run; inside a run, of its cause."""
        return _steering(self).changed

    # The spellings of Sage.
    _update = update
    _changed = changed

    def _state(self, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
        if state is not None:
            self.set_state(state)
        return self.state()

    def __getitem__(self, name: str) -> Any:
        return _steering(self).read(name)

    def __setitem__(self, name: str, value: Any) -> None:
        _steering(self).set(name, value)

    def __delitem__(self, name: str) -> None:
        _steering(self).remove(name)

    def __getattr__(self, name: str) -> Any:
        # Only asked for what no method is named.
        if _special(name) or name not in _steering(self).names:
            raise AttributeError(f"this interact has no control named {name!r}")
        return _steering(self).read(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if _special(name):
            object.__setattr__(self, name, value)
        elif hasattr(type(self), name):
            raise AttributeError(f"{name!r} is a method; a control of this name is set by f[{name!r}] = …")
        else:
            _steering(self).set(name, value)

    def __delattr__(self, name: str) -> None:
        if _special(name) or name not in _steering(self).names:
            raise AttributeError(f"this interact has no control named {name!r}")
        _steering(self).remove(name)

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *_steering(self).names]

    def __repr__(self) -> str:
        return f"<interact {getattr(self, '__name__', 'function')}>"

    def _ipython_display_(self) -> None:
        """As the last line of a cell it shows nothing: the controls are there already."""


def bind(proxy: Interact, steering: Steering) -> None:
    object.__setattr__(proxy, "_Interact__steering", steering)


def _steering(proxy: Interact) -> Steering:
    steering: Steering | None = object.__getattribute__(proxy, "_Interact__steering")
    if steering is None:
        raise ControlError("this interact is not in the page yet")
    return steering


def _special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
