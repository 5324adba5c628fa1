"""`python -m tests.attacks`: runs every attack at every level and writes the table of what came of it."""

import asyncio
from pathlib import Path

from tests.attacks.conftest import LEVELS, listening, target_at
from tests.attacks.exhausting import DEATHS, EXHAUSTIONS
from tests.attacks.flooding import FLOODS
from tests.attacks.test_attacks import THEMES, attack, exhaust
from tests.attacks.test_floods import seconds_to_stop

TABLE = Path(__file__).resolve().parents[2] / "docs" / "attacks.md"
HEAD = """# Attacks

What hostile code in a session got, at each level of the sandbox, in one run of `make attacks` on Linux (x86_64, as root; `rootless` as another user of the same machine). "gained" is what the code reached; everything else is what stopped it, or what the reader was told. After each attack a neighbour's session answered within a second. The tests are in `tests/attacks/`; those on floods of output assert half a second, that a neighbour answers meanwhile, and that the agent grows by less than 200 MB.

"""


def _row(name: str, cells: list[str]) -> str:
    return "| " + " | ".join([name, *cells]) + " |"


def _title(heading: str) -> list[str]:
    return ["", f"## {heading}", "", _row("", list(LEVELS)), _row("---", ["---"] * len(LEVELS))]


def main() -> None:
    gains: dict[str, dict[str, dict[str, bool]]] = {}
    told: dict[str, dict[str, str]] = {}
    stopped: dict[str, dict[str, float]] = {}
    with listening() as facts:
        for level in LEVELS:
            with target_at(level, facts) as target:
                for theme in THEMES:
                    gains.setdefault(theme.name, {})[level] = asyncio.run(attack(target, theme))
                # Without a sandbox these would be run against this machine itself.
                for exhaustion in (*EXHAUSTIONS, *DEATHS) if level != "none" else ():
                    told.setdefault(exhaustion.name, {})[level] = asyncio.run(exhaust(target, exhaustion))
                for flood in FLOODS:
                    stopped.setdefault(flood.name, {})[level] = asyncio.run(seconds_to_stop(target, flood))
    lines = []
    for theme in THEMES:
        lines += _title(theme.name.capitalize())
        for name in theme.attempts:
            got = [gains[theme.name][level][name] for level in LEVELS]
            lines.append(_row(name.replace("_", " "), ["**gained**" if each else "stopped" for each in got]))
    lines += _title("Using up and dying: what the reader was told")
    for name, by_level in told.items():
        lines.append(_row(name, [f"`{by_level[at]}`" if at in by_level else "not tried" for at in LEVELS]))
    lines += _title("Floods: seconds from Stop until nothing runs")
    for name, seconds in stopped.items():
        lines.append(_row(name, [f"{seconds[level]:.2f}" for level in LEVELS]))
    TABLE.write_text(HEAD.rstrip() + "\n" + "\n".join(lines) + "\n")
    print(f"wrote {TABLE}")


if __name__ == "__main__":
    main()
