"""Tables in documents that a command renews: what stands between `<!-- NAME -->` and `<!-- end -->`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column left, the others right, as figures are."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def texts(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of words."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def renew(document: Path, blocks: Mapping[str, str]) -> None:
    """Put each block in its place; a place without a block of that name stays as it is."""
    document.write_text(renewed(document.read_text(), blocks))


def renewed(text: str, blocks: Mapping[str, str]) -> str:
    """:raises LookupError: the text has no place of a block's name."""
    for name, block in blocks.items():
        place = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, count = place.subn(lambda found, block=block: f"{found[1]}{block}\n{found[2]}", text)  # type: ignore[misc]
        if not count:
            raise LookupError(f"there is no place for {name}")
    return text


def money(dollars: float) -> str:
    """Cents where that says something, else two digits that count."""
    if dollars >= 100:
        return f"${dollars:,.0f}"
    if dollars >= 0.1:
        return f"${dollars:,.2f}"
    return f"${dollars:.2g}" if dollars >= 1e-4 else f"${dollars:.7f}".rstrip("0").rstrip(".")


def amount(units: float) -> str:
    """Whole where that is exact enough, else three digits that count."""
    return f"{units:,.0f}" if units >= 1000 or units == int(units) else f"{units:.3g}"
