"""docs/sharing.md tells of every command, limit and field that there is."""

import re
from pathlib import Path

from chalicelib import bodies, permalinks, reports
from chalicelib.settings import Settings
from infra import operator

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "sharing.md").read_text()


def test_its_commands_are_those_of_the_operator() -> None:
    told = re.findall(r"^\| `(permalink .*?)`", TEXT, re.MULTILINE)
    commands = [line.replace("TEXT", "spam").split() for line in told]

    acts = {operator._parser().parse_args(words).act for words in commands}

    assert len(acts) == len(commands) == 5


def test_its_limits_are_those_of_the_service() -> None:
    for text in (
        f"{Settings.permalinks_per_minute} cells a minute",
        f"report {Settings.reports_per_minute} ",
        f"{permalinks.MAX_BYTES // 1024} KB",
        f"last {reports.KEPT} reasons",
        f"{reports.LASTS // (24 * 3600)} days",
        f"{bodies.REPORT.schema['properties']['reason']['maxLength']} characters",
    ):
        assert text in TEXT, text


def test_every_field_of_a_cell_is_told_of() -> None:
    properties = bodies.CELL.schema["properties"]
    for name in (*properties, *properties["layout"]["properties"]):
        assert re.search(rf"[`\"]{name}[`\"]", TEXT), name
