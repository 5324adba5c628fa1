"""An error in an interact's function, shown as the function's own: without the library's frames."""

import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

LIBRARY = str(Path(__file__).parent)
LONGEST_CHAIN = 20


def show_error(shell: Any, error: BaseException) -> None:
    """Send the `error` message. To be called where the error is handled: IPython asks sys.exc_info()."""
    strip_library(error)
    if isinstance(error, BaseExceptionGroup) or isinstance(error.__context__, BaseExceptionGroup):
        # IPython prints groups to stderr, where they are no error message any more.
        lines = "".join(traceback.format_exception(error)).splitlines()
        shell._showtraceback(type(error), error, lines)
    else:
        shell.showtraceback((type(error), error, error.__traceback__), tb_offset=0)


def strip_library(error: BaseException) -> None:
    """Take the library's frames out of an error and of those that it was raised from."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen and len(seen) < LONGEST_CHAIN:
        current.__traceback__ = _without_library(current.__traceback__)
        seen.append(current)
        current = current.__cause__ or current.__context__


def _without_library(trace: TracebackType | None) -> TracebackType | None:
    kept = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(LIBRARY):
            kept.append(trace)
        trace = trace.tb_next
    result: TracebackType | None = None
    for part in reversed(kept):
        result = TracebackType(result, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return result
