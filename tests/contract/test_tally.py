"""The figures of what was asked of AWS, counted where it leaves."""

from collections.abc import Callable
from functools import partial

from chalicelib.tally import Asked
from tests.contract.world import World


def since(world: World, before: dict[str, Asked]) -> dict[str, int]:
    """Requests by operation since then."""
    now = world.aws.tally.figures()
    counts = {name: asked.requests - before.get(name, Asked()).requests for name, asked in now.items()}
    return {name: count for name, count in counts.items() if count}


def put(world: World, message: Callable[[], object]) -> tuple[int, float]:
    """Writes of rows that a message needs: requests, units."""
    before = world.aws.tally.figures()["dynamodb.PutItem"]
    message()
    now = world.aws.tally.figures()["dynamodb.PutItem"]
    return now.requests - before.requests, now.units - before.units


def test_a_first_request_is_counted_by_operation_with_its_bytes_and_units(world: World) -> None:
    world.browser().run("0")  # the queue's address is asked for once
    browser = world.browser()
    before = world.aws.tally.figures()
    browser.run("1 + 1")

    assert since(world, before) == {
        "dynamodb.GetItem": 2,
        "dynamodb.PutItem": 4,
        "dynamodb.UpdateItem": 2,
        "sqs.SendMessage": 1,
    }
    put, known = world.aws.tally.figures()["dynamodb.PutItem"], before["dynamodb.PutItem"]
    assert put.units - known.units == 4, "each of these rows is small"
    assert put.sent - known.sent > 4 * 100
    assert put.received > known.received


def test_a_large_row_costs_more_units(world: World) -> None:
    browser = world.browser()
    browser.run()

    assert put(world, lambda: browser.run("#" * 5000)) == (1, 6)


def test_a_refused_write_is_counted(world: World) -> None:
    browser = world.browser()
    browser.run()
    browser.change(2, n=1)

    older = partial(browser.change, 1, n=1)
    assert put(world, older) == (1, 1)


def test_the_figures_do_not_grow_with_what_is_counted(world: World) -> None:
    browser = world.browser()
    browser.run()
    browser.change(1, n=1)
    kinds = world.aws.tally.figures().keys()
    for state in range(2, 30):
        browser.change(state, n=state)

    assert world.aws.tally.figures().keys() == kinds


def test_a_client_that_is_watched_again_is_counted_once(world: World) -> None:
    world.aws.tally.watch(world.aws.dynamodb)
    browser = world.browser()
    before = world.aws.tally.figures()
    browser.hello()

    assert since(world, before) == {"dynamodb.GetItem": 1, "dynamodb.PutItem": 1}
