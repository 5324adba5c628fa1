"""Errors as their author's own: without the library's frames, and short enough to read."""

import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

LIBRARY = str(Path(__file__).parent)
LONGEST_CHAIN = 20
KEPT_FRAMES = 20


def show_error(shell: Any, error: BaseException) -> None:
    """Send the `error` message. To be called where the error is handled: IPython asks sys.exc_info()."""
    if isinstance(error, BaseExceptionGroup) or isinstance(error.__context__, BaseExceptionGroup):
        # IPython prints groups to stderr, where they are no error message any more.
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


def _chained(frames: list[TracebackType]) -> TracebackType | None:
    result: TracebackType | None = None
    for part in reversed(frames):
        result = TracebackType(result, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return result
