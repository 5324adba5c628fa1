"""The routes of shared cells that anybody may use: what they take is checked, counted, and kept."""

from collections.abc import Mapping

from chalicelib import bodies, identity, permalinks, rates, reports
from chalicelib.clients import Clients
from chalicelib.http import Answer, read
from chalicelib.parsing import check, parse_json, size_of
from chalicelib.telemetry import count


def store(aws: Clients, raw: str | bytes | None, headers: Mapping[str, str], address: str) -> Answer:
    """Keep a cell for good.

    :param address: whose request it is; counted unless the request shows who asks.
    """
    cell = parse_json(raw, permalinks.MAX_BYTES)
    check(bodies.CELL.check, cell)
    size_of(cell, "cell")
    rates.let_in(
        aws, "permalinks", aws.settings.permalinks_per_minute, identity.of_request(aws, headers, address)
    )
    return {"id": permalinks.store(aws, cell)}


def report(
    aws: Clients, permalink_id: str, raw: str | bytes | None, headers: Mapping[str, str], address: str
) -> Answer:
    """Tell the operator what is wrong with a cell that is served."""
    reason = read(raw, bodies.REPORT)["reason"]
    size_of(reason, "reason")
    rates.let_in(aws, "reports", aws.settings.reports_per_minute, identity.of_request(aws, headers, address))
    permalinks.load(aws, permalink_id)
    reports.add(aws, permalink_id, reason)
    count("CellReported")
    return {}
