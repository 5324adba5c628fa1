"""IPython's shell with the library's names in it and its frames not in tracebacks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from ipykernel.zmqshell import ZMQInteractiveShell

from device_agent.kernel import controls
from device_agent.kernel.abbreviations import fixed
from device_agent.kernel.reserve import Reserve
from device_agent.kernel.tracebacks import tidy

# Control itself is the abstract class, of which an author has no use.
NAMES = {name: getattr(controls, name) for name in controls.__all__ if name != "Control"} | {"fixed": fixed}


class Forgotten(dict[int, list[Any]]):
    """IPython notes all that a cell prints, for `%notebook`: a loop that prints would fill the memory."""

    def __missing__(self, count: int) -> list[Any]:
        return []


class LongwireShell(ZMQInteractiveShell):
    """The shell of a LongwireKernel."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._traceback_head: list[str] = []
        self._reserve = Reserve()
        self.hear_of_parents()

    def hear_of_parents(self) -> None:
        """Note who has to be told of a new parent: what the kernel has made itself."""
        kernel: Any = self.kernel
        self._speakers = (self.displayhook, self.display_pub, kernel._stdout, kernel._stderr)

    def init_history(self) -> None:
        super().init_history()  # type: ignore[no-untyped-call]
        history: Any = self.history_manager
        history.outputs = Forgotten()

    def init_user_ns(self) -> None:
        """Called at the start and again by %reset."""
        super().init_user_ns()  # type: ignore[no-untyped-call]
        library = self.kernel.library
        names = NAMES | {"interact": library.interact, "interact_manual": library.interact_manual}
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
        with self._reserve.released() if isinstance(error, MemoryError) else nullcontext():
            super().showtraceback(exc_tuple, *args, **kwargs)

    @contextmanager
    def traceback_headed(self, line: str) -> Iterator[None]:
        """Tracebacks that are shown inside begin with this line."""
        self._traceback_head.append(line)
        try:
            yield
        finally:
            self._traceback_head.pop()

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        super()._showtraceback(etype, evalue, [*self._traceback_head[-1:], *stb])  # type: ignore[no-untyped-call]
