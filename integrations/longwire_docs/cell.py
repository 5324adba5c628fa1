"""A cell as HTML, and the options that authors may give it: the attributes of `<interact-cell>`."""

from collections.abc import Mapping
from html import escape

Kind = type[bool] | type[str] | type[int] | tuple[str, ...]

OPTIONS: Mapping[str, Kind] = {
    "autorun": bool,
    "controls-only": bool,
    "editor": ("full", "collapsed", "read-only", "hidden"),
    "hide": str,
    "id": str,
    "idle-timeout": int,
    "kernel": str,
    "label": str,
    "lang": ("en", "de"),
    "linked": str,
    "pool": str,
    "run-label": str,
    "theme": ("auto", "light", "dark"),
}
"""What an option takes: nothing (bool), any text, a whole number, or one of these words."""


def checked(name: str, value: str | None) -> str:
    """The value as an attribute has it.

    :raises ValueError: there is no such option, or it does not take this; its words are for the author.
    """
    kind = OPTIONS.get(name)
    given = (value or "").strip()
    if kind is None:
        raise ValueError(f"{name}: no option of a cell; there are {', '.join(OPTIONS)}")
    if kind is bool:
        if given not in ("", name):
            raise ValueError(f"{name}: takes no value, but {given!r} is given; leave out the value")
        return ""
    if not given:
        raise ValueError(f"{name}: has no value")
    if isinstance(kind, tuple) and given not in kind:
        raise ValueError(f"{name}: {given!r} is none of {', '.join(kind)}")
    if kind is int and not given.isdecimal():
        raise ValueError(f"{name}: {given!r} is no whole number")
    return given


def html(code: str, attributes: Mapping[str, str]) -> str:
    """The element. Its code stands in a `<pre>`, so that it can be read where no script runs."""
    words = "".join(f' {name}="{escape(value)}"' for name, value in sorted(attributes.items()))
    # A browser drops the first line break in a <pre>; the one here is for that.
    return f"<interact-cell{words}><pre>\n{escape(code, quote=False)}\n</pre></interact-cell>"


def script(url: str) -> str:
    """The address of the script that brings the cells of a service to life."""
    return f"{url.rstrip('/')}/cell.js"
