"""Errors as their author's own: without the library's frames, and short enough to read."""

import reprlib
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

LIBRARY = str(Path(__file__).parent)
LONGEST_CHAIN = 20
KEPT_FRAMES = 20
MACHINERY = frozenset({"IPython", "ipykernel", "json", "jupyter_client", "threading", "traitlets", "zmq"})
REPR = reprlib.Repr()
REPR.maxstring = REPR.maxother = 60


def show_error(shell: Any, error: BaseException, call: str) -> None:
    """Send the `error` message, whose traceback begins with the call that failed.

    To be called where the error is handled: IPython asks sys.exc_info().
    """
    with shell.traceback_headed(call):
        _show(shell, error)


def call_in_words(name: str, values: Mapping[str, Any]) -> str:
    """`f(n=0, text='a')`: which values caused an error, each cut to a length that can be read."""
    return f"{name}({', '.join(f'{key}={_short(value)}' for key, value in values.items())})"


def _short(value: Any) -> str:
    try:
        return " ".join(REPR.repr(value).split())
    except Exception:
        # The repr of a user's class can fail in any way, and must not hide the error that is being told.
        return f"<{type(value).__name__}>"


def _show(shell: Any, error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt | BaseExceptionGroup) or isinstance(
        error.__context__, BaseExceptionGroup
    ):
        # IPython prints groups to stderr, where they are no error message any more. And it takes 10 ms for
        # the traceback of a stop, for which the newer change waits that has caused it.
        tidy(error)
        lines = "".join(traceback.format_exception(error)).splitlines()
        shell._showtraceback(type(error), error, lines)
    else:
        shell.showtraceback((type(error), error, error.__traceback__), tb_offset=0)


def tidy(error: BaseException) -> None:
    """Tidy the frames of an error and of those that it was raised from."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen and len(seen) < LONGEST_CHAIN:
        frames = _foreign_frames(current.__traceback__)
        if isinstance(current, KeyboardInterrupt):
            frames = _without_machinery(frames)
        if len(frames) > 2 * KEPT_FRAMES:
            # A runaway recursion has a thousand, which IPython shows in full: half a megabyte.
            current.add_note(f"({len(frames) - 2 * KEPT_FRAMES} frames in the middle are left out)")
            frames = frames[:KEPT_FRAMES] + frames[-KEPT_FRAMES:]
        current.__traceback__ = _chained(frames)
        seen.append(current)
        current = current.__cause__ or current.__context__


def _foreign_frames(trace: TracebackType | None) -> list[TracebackType]:
    frames = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(LIBRARY):
            frames.append(trace)
        trace = trace.tb_next
    return frames


def _without_machinery(frames: list[TracebackType]) -> list[TracebackType]:
    """A stop strikes in the user's `print` or `display`; what these do inside tells nobody anything.

    And to read it takes IPython four times as long as all else about a stop.
    """
    last = len(frames)
    while last and frames[last - 1].tb_frame.f_globals.get("__name__", "").partition(".")[0] in MACHINERY:
        last -= 1
    return frames[:last] or frames


def _chained(frames: list[TracebackType]) -> TracebackType | None:
    result: TracebackType | None = None
    for part in reversed(frames):
        result = TracebackType(result, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return result
