"""IPython's shell with the library's names in it and its frames not in tracebacks."""

import sys
from typing import Any

from ipykernel.zmqshell import ZMQInteractiveShell

from device_agent.kernel.abbreviations import fixed
from device_agent.kernel.controls import (
    Checkbox,
    ExpressionBox,
    InputBox,
    Selector,
    Slider,
    checkbox,
    input_box,
    selector,
    slider,
)
from device_agent.kernel.tracebacks import tidy

CONTROLS = (Checkbox, ExpressionBox, InputBox, Selector, Slider, checkbox, fixed, input_box, selector, slider)


class LongwireShell(ZMQInteractiveShell):
    """The shell of a LongwireKernel."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        kernel: Any = self.kernel
        self._speakers = (self.displayhook, self.display_pub, kernel._stdout, kernel._stderr)

    def init_user_ns(self) -> None:
        """Called at the start and again by %reset."""
        super().init_user_ns()  # type: ignore[no-untyped-call]
        names = {control.__name__: control for control in CONTROLS}
        names["interact"] = self.kernel.library.interact
        self.user_ns.update(names)
        # What is hidden is not listed by %who, until the user gives the name another meaning.
        self.user_ns_hidden.update(names)

    def set_parent(self, parent: dict[str, Any]) -> None:
        """Tell the parent to what the kernel itself made.

        ipykernel tells whatever stands in their places; %%capture and redirect_stdout put other
        things there for a while, which have no parent, or whose successors would miss it.
        """
        self.parent_header = parent
        for speaker in self._speakers:
            if hasattr(speaker, "set_parent"):
                speaker.set_parent(parent)

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        error = sys.exc_info()[1] if exc_tuple is None else exc_tuple[1]
        if error is not None:
            tidy(error)
            exc_tuple = (type(error), error, error.__traceback__)
        super().showtraceback(exc_tuple, *args, **kwargs)
