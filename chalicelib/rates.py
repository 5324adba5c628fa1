"""How often somebody may ask: a counter for each minute, in a row that goes by itself."""

import ipaddress
import time
from collections.abc import Mapping

from chalicelib import api_keys
from chalicelib.clients import Clients
from chalicelib.errors import TooManyRequests
from chalicelib.items import to_item

WINDOW = 60


def let_in(aws: Clients, what: str, limit: int, headers: Mapping[str, str], address: str) -> None:
    """Let in whoever has an API key, and an address so many times a minute.

    :param what: is asked for; each has a counter of its own.
    :raises NotAuthorized: the key is wrong.
    :raises TooManyRequests: there is no key, and too many came.
    """
    key = headers.get("x-api-key")
    if key:
        api_keys.check(aws, key)
    else:
        rule = f"an address may ask {limit} times a minute"
        take(aws, f"{what}#{_whose(address)}", limit, rule, ", or with an API key")


def _whose(address: str) -> str:
    """Whoever has an IPv6 address has some 2^64 of them."""
    try:
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    except ValueError:
        return address


def take(aws: Clients, who: str, limit: int, rule: str, way_out: str = "") -> None:
    """Count one more request of this minute; one call, atomic, however many ask at once.

    (The row is in the table of connections: it is as short-lived, and whoever asks is what it is about.)

    :param rule: the limit in words, `way_out` how to be free of it.
    :raises TooManyRequests: there were `limit` in this minute already.
    """
    now = time.time()
    window = int(now // WINDOW)
    ends_at = (window + 1) * WINDOW
    answer = aws.dynamodb.update_item(
        TableName=aws.settings.table("connections"),
        Key=to_item({"session_id": f"rate#{who}", "connection_id": str(window)}),
        UpdateExpression="ADD asked :one SET expires_at = :expires_at",
        ExpressionAttributeValues=to_item({":one": 1, ":expires_at": ends_at + WINDOW}),
        ReturnValues="UPDATED_NEW",
    )
    if int(answer["Attributes"]["asked"]["N"]) > limit:
        wait = max(1, int(ends_at - now) + 1)
        raise TooManyRequests(f"{rule}: ask again in {wait} s{way_out}", wait)
