"""Open matplotlib figures: shown where they were drawn, or dropped when a run was stopped."""

import sys
from typing import Any


def _inline() -> Any:
    # Looked up, never imported: matplotlib costs half a second that most cells do not need.
    return sys.modules.get("matplotlib_inline.backend_inline")


def show_figures() -> None:
    """Send the figures that were drawn since the last time, as the end of a cell does."""
    inline = _inline()
    if inline is not None:
        inline.flush_figures()


def drop_figures() -> None:
    """Forget half-drawn figures: drawing them would delay the newer run that caused the stop."""
    inline = _inline()
    if inline is None or not inline.show._draw_called:
        return
    inline.show._to_draw = []
    inline.show._draw_called = False
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and inline.InlineBackend.instance().close_figures:
        pyplot.close("all")
