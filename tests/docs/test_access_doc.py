"""docs/access.md tells of every setting, limit, command and word that there is."""

import re
from dataclasses import asdict
from pathlib import Path

from chalicelib import live, oidc, quotas
from chalicelib.settings import Settings
from infra import operator, parts

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "access.md").read_text()
REFUSALS = (ROOT / "web" / "src" / "refusals.ts").read_text()


def told() -> dict[str, str]:
    """The default of every setting, as the document has it."""
    return dict(re.findall(r"^\| `(LONGWIRE_\w+)` \| `?(.*?)`? ?\|", TEXT, re.MULTILINE))


def test_its_defaults_are_those_of_the_service_and_of_the_template() -> None:
    known = told()
    for who in ("anonymous", "signed_in"):
        for name, number in asdict(getattr(Settings, who)).items():
            assert known[f"LONGWIRE_{who}_{name}".upper()] == str(number)
    assert known["LONGWIRE_SITE_SESSIONS_PER_MINUTE"] == str(Settings.site_sessions_per_minute)
    assert known["LONGWIRE_ACCESS"] == Settings.access
    template = parts.join(parts.FOLDER)
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    for variable, default in known.items():
        parameter = template["Parameters"][variables[variable]["Ref"]]
        assert str(parameter.get("Default", "")) == default, variable
        assert variable.removeprefix("LONGWIRE_").replace("_", "") == variables[variable]["Ref"].upper()


def test_the_words_of_a_cell_are_the_pages() -> None:
    quoted = dict(re.findall(r"^\| `(\w+)` \| (\w.*?) \|$", TEXT, re.MULTILINE))
    for quota in ("live_sessions", "runs_per_minute", "compute_seconds_per_hour", "site_sessions"):
        [words] = re.findall(rf"{quota}: \(n\) => `(.*?)`", REFUSALS)[:1]
        first = words.partition("(")[0]
        assert quoted[quota].startswith(first), quota


def test_its_commands_are_those_of_the_operator() -> None:
    for line in re.findall(r"^\| `((?:usage|api-key) .*?)`", TEXT, re.MULTILINE):
        assert operator._parser().parse_args(line.split()).act


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"every {quotas.REPORTED_EVERY} seconds" in TEXT
    assert (live.UNCLAIMED_AT_MOST, "counts for ten minutes" in TEXT) == (600, True)
    assert f"with {oidc.LEEWAY:g} s for clocks" in TEXT
    assert (oidc.KEPT, f"at most every {oidc.PAUSE:g} s" in TEXT) == (3600, True)
