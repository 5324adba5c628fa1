"""What the name of a decorated function stands for afterwards."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any


class Interact:
    """Calls the plain function; its controls live in the page."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<interact {getattr(self._function, '__name__', 'function')}>"

    def _ipython_display_(self) -> None:
        """As the last line of a cell it shows nothing: the controls are there already."""
