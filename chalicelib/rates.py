"""How often somebody may ask: a counter for each minute, in a row that goes by itself."""

import time
from dataclasses import dataclass

from chalicelib.clients import Clients
from chalicelib.errors import TooManyRequests
from chalicelib.identity import Identity
from chalicelib.items import to_item

WINDOW = 60
"""Seconds."""


@dataclass(frozen=True)
class Rate:
    """How often something may be asked for in a minute, and how that is said.

    `name`: of the counter. `rule`: the limit in words, `way_out` how to be free of it.
    """

    name: str
    limit: int
    rule: str
    way_out: str = ""


def let_in(aws: Clients, what: str, limit: int, identity: Identity) -> None:
    """Let in whoever is known, and an address so many times a minute.

    :param what: is asked for; each has a counter of its own.
    :raises TooManyRequests: nobody knows who it is, and too many came.
    """
    if identity.is_anonymous:
        rule = f"an address may ask {limit} times a minute"
        take(aws, identity.name, Rate(what, limit, rule, ", or with an API key"))


def take(aws: Clients, who: str, rate: Rate) -> None:
    """Count one more request of this minute; one call, atomic, however many ask at once.

    :raises TooManyRequests: there were as many as may be in this minute already.
    """
    if not rate.limit:
        return
    now = time.time()
    window = int(now // WINDOW)
    ends_at = (window + 1) * WINDOW
    answer = aws.dynamodb.update_item(
        TableName=aws.settings.table("usage"),
        Key=to_item({"who": who, "counter": f"{rate.name}#{window}"}),
        UpdateExpression="ADD asked :one SET expires_at = :expires_at",
        ExpressionAttributeValues=to_item({":one": 1, ":expires_at": ends_at + WINDOW}),
        ReturnValues="UPDATED_NEW",
    )
    if int(answer["Attributes"]["asked"]["N"]) > rate.limit:
        wait = seconds_until(ends_at, now)
        raise TooManyRequests(
            f"{rate.rule}: ask again in {wait} s{rate.way_out}", wait, rate.name, rate.limit
        )


def seconds_until(ends_at: float, now: float) -> int:
    """Whole seconds after which a window is surely over."""
    return max(1, int(ends_at - now) + 1)
