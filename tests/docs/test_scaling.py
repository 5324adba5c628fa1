"""The figures of docs/scaling.md are those of the last counted run, at the prices of the price table."""

import json

import pytest

from bench import cold, cost, scale
from bench.price import tables


@pytest.fixture(scope="module")
def text() -> str:
    return tables.DOCUMENT.read_text()


def test_the_record_follows_from_what_was_counted() -> None:
    known = json.loads(cost.RESULTS.read_text())
    assert json.loads(json.dumps(cost.record(known["at"], known["counted"]))) == known, (
        "python -m bench.cost --reprice"
    )


def test_the_tables_of_the_document_are_those_of_the_record(text: str) -> None:
    known = json.loads(cost.RESULTS.read_text())
    assert tables.renewed(text, cost.blocks(known)) == text


def test_the_scale_table_is_that_of_the_simulation_and_nothing_grows(text: str) -> None:
    known = json.loads(scale.RESULTS.read_text())
    assert tables.renewed(text, scale.blocks(known)) == text
    assert scale.growth(known["runs"]) == []
    assert [run["sessions"] for run in known["runs"]] == list(scale.SIZES)


def test_the_cold_starts_of_the_document_are_those_of_the_record(text: str) -> None:
    known = json.loads(cold.RESULTS.read_text())
    assert tables.renewed(text, cold.blocks(known)) == text
