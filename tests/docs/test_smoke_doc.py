"""docs/smoke.md names every check, and every difference between the emulator's template and AWS's."""

from pathlib import Path

from infra.emulated.rewrites import REWRITES, UNSEEN
from infra.smoke.checking import name_of
from infra.smoke.checks import CHECKS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "smoke.md").read_text()


def test_every_check_is_in_the_document_in_the_order_in_which_it_is_made() -> None:
    rows = [line.split(" | ")[0].removeprefix("| ") for line in TEXT.splitlines() if line.startswith("| ")]
    first = rows.index(name_of(CHECKS[0]))
    assert rows[first : first + len(CHECKS)] == [name_of(check) for check in CHECKS]


def test_every_difference_of_the_emulated_template_is_told_with_its_reason() -> None:
    for rewrite in REWRITES:
        assert f"| {rewrite.what} | {rewrite.why} |" in TEXT
    for why in UNSEEN.values():
        assert why in TEXT
