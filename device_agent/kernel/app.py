"""The application that starts one kernel; for a process of its own as for one that was forked."""

import os
import sys
from typing import Any


def prepare_process() -> None:
    """To be called before anything of ipykernel or matplotlib is imported."""
    # Importing debugpy is a quarter of the start of a kernel; nobody can attach to it here.
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")


def make_app(**options: Any) -> Any:
    """An IPKernelApp, not yet initialized."""
    prepare_process()
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    from device_agent.kernel.kernel import LongwireKernel

    class LosslessApp(IPKernelApp):
        """Its iopub waits for a slow reader instead of dropping what does not fit a queue."""

        def init_iopub(self, context: Any) -> None:
            # A default for the sockets that the context makes from here on, and it is the first.
            context.sndhwm = 0
            super().init_iopub(context)  # type: ignore[no-untyped-call]

    # History is a database in the home directory, which a session has no use for.
    config = Config({"HistoryManager": {"enabled": False}})
    options.setdefault("outstream_class", "device_agent.kernel.outstream.TextStream")
    return LosslessApp.instance(kernel_class=LongwireKernel, config=config, **options)
