"""The application that starts one kernel; for a process of its own as for one that was forked."""

import os
import sys
from functools import cache
from typing import Any

MOST_SENT = 4
"""Messages that wait for a reader who is slow; then the kernel has to wait."""


def prepare_process() -> None:
    """To be called before anything of ipykernel or matplotlib is imported."""
    # Importing debugpy is a quarter of the start of a kernel; nobody can attach to it here.
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")


@cache
def application_class() -> Any:
    """Our IPKernelApp. To import what it needs takes most of a kernel's start."""
    prepare_process()
    from ipykernel.kernelapp import IPKernelApp

    from device_agent.kernel import kernel, outstream  # noqa: F401 so that forks have them

    class LosslessApp(IPKernelApp):
        """Its iopub waits for a slow reader instead of dropping what does not fit a queue."""

        def init_iopub(self, context: Any) -> None:
            # Defaults for the sockets that the context makes from here on, and it is the first.
            context.sndhwm = MOST_SENT
            context.xpub_nodrop = True
            super().init_iopub(context)  # type: ignore[no-untyped-call]
            # The sending thread, too, gives itself work: it would wait for itself.
            context.sndhwm = 0

    return LosslessApp


def make_app(application: Any = None, **options: Any) -> Any:
    """An IPKernelApp, not yet initialized; of a class derived from `application_class()`, if one is given."""
    application = application or application_class()
    from traitlets.config import Config

    from device_agent.kernel.kernel import LongwireKernel

    config = Config({
        # A database in the home directory, which a session has no use for.
        "HistoryManager": {"enabled": False},
        # To import it takes seconds at the first completion, and the names of a living kernel are all there.
        "Completer": {"use_jedi": False},
    })  # fmt: skip
    options.setdefault("outstream_class", "device_agent.kernel.outstream.TextStream")
    return application.instance(kernel_class=LongwireKernel, config=config, **options)
