"""What Longwire costs: AWS requests counted on the live stack, priced, beside an always-on server.

`python -m bench.cost` counts, writes bench/results/cost.json and renews the tables of docs/scaling.md;
with `--reprice` it takes the counts of the last run. `make cost` does this and bench.scale.
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.price import prices, tables
from bench.price.bills import AUDIENCES, CLASS, HOST_FOR_LESSONS, SERVERS, Audience, grouped
from bench.price.quotas import LOADS, first_met, met
from bench.price.scenes import SCENES, Scene
from bench.price.tables import amount, money
from bench.price.usage import Counts, lines

RESULTS = Path(__file__).resolve().parent / "results" / "cost.json"
Record = dict[str, Any]


def record(at: str, counted: Mapping[str, Counts]) -> Record:
    """All that follows from what was counted."""
    return {
        "at": at,
        "region": prices.REGION,
        "counted": counted,
        "scenarios": {scene.name: _scene(scene, counted) for scene in SCENES},
        "months": {audience.name: _month(audience, counted) for audience in AUDIENCES},
        "servers": {server.name: round(server.dollars, 2) for server in (*SERVERS, HOST_FOR_LESSONS)},
        "quotas": met(counted),
    }


def _scene(scene: Scene, counted: Mapping[str, Counts]) -> Record:
    bill = [
        {"price": line.price, "counted": line.counted, "units": line.units, "dollars": line.dollars}
        for line in lines(scene.counts(counted))
    ]
    return {"what": scene.what, "lines": bill, "dollars": sum(line["dollars"] for line in bill)}


def _month(audience: Audience, counted: Mapping[str, Counts]) -> Record:
    month = audience.usage(counted)
    return {
        "what": audience.what,
        "services": grouped(month),
        "dollars": prices.dollars(month),
        "devices": audience.device_dollars,
        "quota": first_met(counted, audience),
    }


def blocks(known: Record) -> dict[str, str]:
    """The document's tables."""
    return {
        "cost: prices": price_table(),
        "cost: scenarios": f"Counted on {known['at'][:10]}.\n\n{scenario_table(known)}",
        "cost: lines": "\n\n".join(line_table(name, scene) for name, scene in known["scenarios"].items()),
        "cost: months": month_table(known),
        "cost: servers": server_table(known),
        "cost: quotas": quota_table(known),
    }


def price_table() -> str:
    rows = [
        (name, price.unit, _tiers(price), price.source, price.seen or "not looked up")
        for name, price in prices.PRICES.items()
    ]
    return tables.texts(("", "a unit is a", "dollars", "source", "of"), rows)


def _tiers(price: prices.Price) -> str:
    def dollars(each: float) -> str:
        return f"{each * 1e6:g} / million" if each < 1e-3 else f"{each:g}"

    parts = [
        dollars(each) + (f" up to {up_to:,.0f}" if up_to != float("inf") else "")
        for up_to, each in price.tiers
    ]
    return ", ".join(parts)


def scenario_table(known: Record) -> str:
    def of(scene: Record, *names: str) -> str:
        found = sum(line["dollars"] for line in scene["lines"] if line["price"] in names)
        return money(found) if found else ""

    rows = [
        (
            f"{name}: {scene['what']}",
            of(scene, "websocket messages", "connection minutes", "REST requests"),
            of(scene, "function calls", "function GB-seconds"),
            of(scene, "table writes", "table reads"),
            of(scene, "queue requests"),
            of(scene, "payload writes", "payload reads", "log GB", "GB out"),
            f"**{money(scene['dollars'])}**",
        )
        for name, scene in known["scenarios"].items()
    ]
    return tables.table(("", "gateway", "functions", "tables", "queues", "other", "all"), rows)


def line_table(name: str, scene: Record) -> str:
    rows = [
        (line["price"], _counted(line["counted"]), amount(line["units"]), money(line["dollars"]))
        for line in scene["lines"]
    ]
    head = tables.table((f"**{name}**", "counted", "units", "dollars"), rows)
    return f"{head}\n| all | | | **{money(scene['dollars'])}** |"


def _counted(requests: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {amount(count)}" for name, count in sorted(requests.items()))


def month_table(known: Record) -> str:
    months: Mapping[str, Record] = known["months"]
    services = list(next(iter(months.values()))["services"])
    rows = [
        (service, *(money(month["services"][service]) for month in months.values())) for service in services
    ]
    rows.append(("**all**", *(f"**{money(month['dollars'])}**" for month in months.values())))
    rows.append(("its devices, were they EC2's", *(money(month["devices"]) for month in months.values())))
    rows.append(("first quota", *(_quota(month["quota"]) for month in months.values())))
    return tables.table(("dollars a month", *months), rows)


def _quota(first: Record) -> str:
    """In words that say whether it must be raised."""
    share, whole = first["share"], f"{first['name']} ({first['value']:,.0f})"
    return f"{share:.0%} of {whole}" if share < 1 else f"{amount(share)} times {whole}"


def server_table(known: Record) -> str:
    channel, servers = known["months"][CLASS.name]["dollars"], known["servers"]
    host = servers[HOST_FOR_LESSONS.name]
    rows = [
        ("Longwire, the kernels on a machine that is there anyhow", money(channel)),
        (f"Longwire, the kernels on {HOST_FOR_LESSONS.name}", money(channel + host)),
        *((server.name, money(servers[server.name])) for server in SERVERS),
    ]
    return tables.table(("the class of 30", "a month"), rows)


def quota_table(known: Record) -> str:
    rows = [
        (
            f"{quota['name']}: {quota['value']:,.0f}",
            *("" if quota[load] is None else amount(quota[load]) for load in LOADS),
            quota["raised by"],
            f"{quota['source']} ({quota['seen'] or 'not looked up'})",
        )
        for quota in known["quotas"]
    ]
    head = ("quota", *LOADS, "what raises it", "source")
    return tables.texts(head, rows)


def show(known: Record) -> None:
    for name, scene in known["scenarios"].items():
        print(f"{name}: {scene['what']}")
        for line in scene["lines"]:
            counted = _counted(line["counted"])
            units, dollars = amount(line["units"]), money(line["dollars"])
            print(f"    {line['price']:<20} {units:>12} units {dollars:>12}   {counted}")
        print(f"    {'all':<20} {'':>18} {money(scene['dollars']):>12}")
    for block in ("cost: months", "cost: servers", "cost: quotas"):
        print(f"\n{blocks(known)[block]}")


def main() -> None:
    if "--reprice" in sys.argv[1:]:
        last = json.loads(RESULTS.read_text())
        known = record(last["at"], last["counted"])
    else:
        from bench.price import scenarios  # it takes a browser and a stack, which pricing does not

        known = record(datetime.now(UTC).isoformat(timespec="seconds"), scenarios.counted())
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known, indent=1) + "\n")
    tables.renew(tables.DOCUMENT, blocks(known))
    show(known)


if __name__ == "__main__":
    main()
