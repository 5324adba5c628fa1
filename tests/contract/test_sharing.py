"""Shared cells: the same cell is the same link, and what an operator takes down stays down."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import api_keys, reports, sharing
from chalicelib.errors import MessageTooLarge, TooManyRequests
from tests.contract.api import Api
from tests.contract.conftest import Operate
from tests.contract.world import World

DEFAULTS: dict[str, Any] = {"language": "python", "state": {}, "layout": {}}
CELL = {"code": "print('é')", **DEFAULTS, "state": {"f": {"x": 0.5, "n": 3, "on": True, "none": None}}}
HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"

_numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_values = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
cells = st.fixed_dictionaries(
    {"code": st.text()},
    optional={
        "kernel": st.sampled_from(["python3", "ir"]),
        "state": st.dictionaries(st.text(max_size=9), st.dictionaries(st.text(), _values, max_size=4)),
        "layout": st.fixed_dictionaries({}, optional={"linked": st.text(), "controls_only": st.booleans()}),
    },
)


def backwards(value: Any) -> Any:
    """The same JSON with the names of every object the other way round."""
    if isinstance(value, dict):
        return {name: backwards(inner) for name, inner in reversed(value.items())}
    return [backwards(inner) for inner in value] if isinstance(value, list) else value


def store(world: World, cell: dict[str, Any], address: str = HERE, **headers: str) -> str:
    told = {name.replace("_", "-"): text for name, text in headers.items()}
    return str(sharing.store(world.aws, json.dumps(cell), told, address)["id"])


def report(world: World, permalink_id: str, reason: str = "spam", address: str = HERE) -> None:
    sharing.report(world.aws, permalink_id, json.dumps({"reason": reason}), {}, address)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells)
def test_a_cell_is_loaded_as_it_was_and_has_one_id_however_it_is_written(
    world: World, api: Api, cell: dict[str, Any]
) -> None:
    world.clock.now += 60
    permalink_id = store(world, cell)

    assert store(world, backwards({**DEFAULTS, **cell})) == permalink_id
    assert api("GET", f"/permalinks/{permalink_id}") == (200, {**DEFAULTS, **cell})


def test_types_are_kept_since_an_index_of_a_list_is_no_float(api: Api) -> None:
    status, answer = api("POST", "/permalinks", CELL)

    assert status == 201
    loaded = api("GET", f"/permalinks/{answer['id']}")[1]
    assert json.dumps(loaded, sort_keys=True) == json.dumps(CELL, sort_keys=True)


@pytest.mark.parametrize(
    "change",
    [
        {"code": "print('e')"},
        {"kernel": "ir"},
        {"state": {"f": {"x": 0.25}}},
        {"layout": {"editor": "collapsed"}},
    ],
)
def test_another_cell_has_another_id(world: World, change: dict[str, Any]) -> None:
    assert store(world, {**CELL, **change}) != store(world, CELL)


def test_a_cell_is_written_once_and_read_once(world: World, api: Api) -> None:
    permalink_id = store(world, CELL)
    world.set("permalinks", {"permalink_id": permalink_id}, note="not written over")

    store(world, CELL)

    assert (world.row("permalinks", permalink_id=permalink_id) or {})["note"] == "not written over"
    world.calls.clear()
    api("GET", f"/permalinks/{permalink_id}")
    assert dict(world.calls) == {"GetItem": 1}


def test_a_cell_that_no_row_can_hold_is_refused(world: World) -> None:
    with pytest.raises(MessageTooLarge) as caught:
        store(world, {"code": "x" * (256 * 1024 - 20)})
    assert caught.value.field == "code"


@pytest.mark.parametrize("ask", [store, report], ids=["store", "report"])
def test_an_address_that_asks_too_often_is_told_when_to_ask_again(
    world: World, ask: Callable[..., Any]
) -> None:
    what: Any = CELL if ask is store else store(world, CELL, ELSEWHERE)
    limits = world.aws.settings
    for _ in range(limits.permalinks_per_minute if ask is store else limits.reports_per_minute):
        ask(world, what)

    with pytest.raises(TooManyRequests) as caught:
        ask(world, what)

    ask(world, what, address=ELSEWHERE)
    world.clock.now += int(caught.value.headers["Retry-After"])
    ask(world, what)


def test_each_kind_of_request_is_counted_for_itself_and_a_key_lifts_the_limit(world: World) -> None:
    permalink_id = store(world, CELL)
    for _ in range(world.aws.settings.permalinks_per_minute - 1):
        store(world, CELL)
    with pytest.raises(TooManyRequests):
        store(world, CELL)

    report(world, permalink_id)
    store(world, CELL, x_api_key=api_keys.issue(world.aws, "a course"))


def test_a_cell_that_was_taken_down_is_gone_in_words_until_it_is_restored(
    world: World, api: Api, operate: Operate
) -> None:
    permalink_id = store(world, CELL)
    report(world, permalink_id)

    operate("permalink", "take-down", permalink_id, "--reason", "it insults")

    words = "the operator has taken this cell down: it insults"
    for status, answer in (
        api("GET", f"/permalinks/{permalink_id}"),
        api("POST", "/permalinks", CELL),
        api("POST", f"/permalinks/{permalink_id}/report", {"reason": "spam"}),
    ):
        assert (status, answer["ename"], answer["evalue"]) == (410, "PermalinkTakenDown", words)
        assert answer["reason"] == "it insults"
    assert operate("permalink", "reported") == ""
    assert "it insults" in operate("permalink", "show", permalink_id)

    operate("permalink", "restore", permalink_id)

    assert api("GET", f"/permalinks/{permalink_id}") == (200, CELL)
    assert api("POST", "/permalinks", CELL) == (201, {"id": permalink_id})


def test_the_operator_sees_the_most_reported_cells_first_with_their_last_reasons_and_without_a_scan(
    world: World, operate: Operate
) -> None:
    once, often = store(world, CELL), store(world, {"code": "'\x1b[2J'"})
    report(world, once, "wrong")
    for number in range(reports.KEPT + 2):
        report(world, often, f"reason {number}", address=f"192.0.2.{number}")
    world.calls.clear()

    first, second = map(json.loads, operate("permalink", "reported").splitlines())

    assert dict(world.calls) == {"Query": 1}
    assert (first["permalink_id"], first["reports"]) == (often, reports.KEPT + 2)
    assert first["reasons"] == [f"reason {number}" for number in range(reports.KEPT + 1, 1, -1)]
    assert (second["permalink_id"], second["reasons"]) == (once, ["wrong"])
    # A cell that tries to clear the operator's terminal.
    shown = operate("permalink", "show", often)
    assert json.loads(shown)["cell"]["code"] == "'\x1b[2J'"
    assert shown.isascii() and "\x1b" not in shown
    operate("permalink", "dismiss", often)
    assert often not in operate("permalink", "reported")


def test_reports_that_nobody_reads_go_by_themselves(world: World, operate: Operate) -> None:
    report(world, store(world, CELL))
    world.clock.now += reports.LASTS + 1

    assert operate("permalink", "reported") == ""


def test_a_report_that_is_dismissed_while_it_is_written_leaves_nothing_behind(
    world: World, operate: Operate, monkeypatch: pytest.MonkeyPatch
) -> None:
    permalink_id = store(world, CELL)
    update = reports._update

    def update_and_dismiss(*arguments: Any, **change: Any) -> Any:
        answer = update(*arguments, **change)
        if "ADD" in change["UpdateExpression"]:
            reports.dismiss(world.aws, permalink_id)
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(reports, "_update", update_and_dismiss)
        report(world, permalink_id)

    assert world.row("reports", partition="reported", permalink_id=permalink_id) is None
    assert operate("permalink", "reported") == ""


@pytest.mark.parametrize("action", ["show", "restore", "take-down"])
def test_an_id_that_is_not_there_is_said_in_words(
    operate: Operate, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    reason = ("--reason", "spam") if action == "take-down" else ()
    with pytest.raises(SystemExit, match="1"):
        operate("permalink", action, "0" * 32, *reason)
    assert "id" in capsys.readouterr().err


def test_half_a_character_is_refused_in_words(api: Api) -> None:
    half = '"\\ud800"'
    status, answer = api("POST", "/permalinks", f'{{"code": {half}}}'.encode())
    assert (status, answer["field"]) == (400, "cell")

    _, stored = api("POST", "/permalinks", CELL)
    body = f'{{"reason": {half}}}'.encode()
    status, answer = api("POST", f"/permalinks/{stored['id']}/report", body)
    assert (status, answer["field"]) == (400, "reason")
