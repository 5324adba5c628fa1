"""The restore drill: cells that were lost are served again, and what operators did since is kept."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import permalinks
from chalicelib.errors import PermalinkTakenDown
from tests.contract.conftest import Operate
from tests.contract.world import World

Recover = Callable[..., str]


@pytest.fixture
def all_was_well(world: World, operate: Operate, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Recover]:
    """Called at the moment to which the table is recovered later.

    (moto's recovery copies a table as it is: here the copy is made then, and is what AWS makes of the past.)
    """
    dynamodb: Any = world.aws.dynamodb
    source = world.aws.settings.table("permalinks")
    copy = dynamodb.restore_table_to_point_in_time

    def mark() -> Recover:
        past = f"{source}-past"
        copy(SourceTableName=source, TargetTableName=past, UseLatestRestorableTime=True)

        def restore(SourceTableName: str, TargetTableName: str, **when: Any) -> None:  # noqa: N803
            assert SourceTableName == source
            copy(SourceTableName=past, TargetTableName=TargetTableName, **when)

        monkeypatch.setattr(dynamodb, "restore_table_to_point_in_time", restore)

        def recover(*arguments: str) -> str:
            said = operate("permalink", "recover", *arguments)
            dynamodb.delete_table(TableName=past)
            return said

        return recover

    return mark


def _cell(code: str) -> dict[str, Any]:
    return {"code": code, "language": "python", "state": {}, "layout": {}}


def _lose(world: World, permalink_id: str) -> None:
    key = {"permalink_id": {"S": permalink_id}}
    world.aws.dynamodb.delete_item(TableName=world.aws.settings.table("permalinks"), Key=key)


def test_lost_and_damaged_cells_are_served_again(world: World, all_was_well: Callable[[], Recover]) -> None:
    kept, lost, damaged = (permalinks.store(world.aws, _cell(code)) for code in ("1", "2", "3"))
    recover = all_was_well()
    _lose(world, lost)
    world.set("permalinks", {"permalink_id": damaged}, cell="{}")

    said = recover()

    assert [permalinks.load(world.aws, one)["code"] for one in (kept, lost, damaged)] == ["1", "2", "3"]
    assert "the copy had 3 cells: 1 were lost and 1 damaged, and were brought back" in said


def test_what_was_taken_down_since_stays_down_and_what_was_restored_since_is_served(
    world: World, operate: Operate, all_was_well: Callable[[], Recover]
) -> None:
    down, damaged, up = (permalinks.store(world.aws, _cell(code)) for code in ("1", "2", "3"))
    operate("permalink", "take-down", up, "--reason", "by mistake")
    recover = all_was_well()
    operate("permalink", "take-down", down, "--reason", "spam")
    operate("permalink", "take-down", damaged, "--reason", "worse")
    operate("permalink", "restore", up)
    world.set("permalinks", {"permalink_id": damaged}, cell="{}")

    recover()

    for permalink_id, reason in ((down, "spam"), (damaged, "worse")):
        with pytest.raises(PermalinkTakenDown, match=reason):
            permalinks.load(world.aws, permalink_id)
    assert permalinks.load(world.aws, up)["code"] == "3"


def test_what_was_lost_while_it_was_down_comes_back_down(
    world: World, operate: Operate, all_was_well: Callable[[], Recover]
) -> None:
    down = permalinks.store(world.aws, _cell("1"))
    operate("permalink", "take-down", down, "--reason", "spam")
    recover = all_was_well()
    _lose(world, down)

    recover("--at", "2026-11-24T19:30:00+00:00")

    with pytest.raises(PermalinkTakenDown, match="spam"):
        permalinks.load(world.aws, down)


def test_a_drill_says_what_is_lost_and_changes_nothing(
    world: World, all_was_well: Callable[[], Recover]
) -> None:
    lost = permalinks.store(world.aws, _cell("1"))
    recover = all_was_well()
    _lose(world, lost)

    said = recover("--drill")

    assert "1 were lost and 0 damaged, and would be brought back" in said
    assert world.row("permalinks", permalink_id=lost) is None
    tables = world.aws.dynamodb.list_tables()["TableNames"]
    assert not [name for name in tables if "-copy-" in name]
