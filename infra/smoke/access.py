"""Who may ask what: other origins, too many requests, those without a token, the public."""

import json
from urllib.parse import urlsplit

import websockets

from infra.smoke.checking import expect
from infra.smoke.errors import NotApplicable
from infra.smoke.session import shown_image
from infra.smoke.target import Target
from infra.smoke.web import fetch
from longwire_client import Longwire
from longwire_client.errors import ServiceError

STRANGE = "https://smoke.invalid"
MOST_REQUESTS = 120


async def preflight(target: Target) -> str:
    """A browser on another page may ask by HTTP, as CORS has it."""
    asked = {
        "Origin": target.origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = await fetch(f"{target.api}/sessions", "OPTIONS", asked)
    expect(answer.status in (200, 204), f"OPTIONS answers {answer.status}")
    origin = answer.headers.get("access-control-allow-origin")
    expect(origin in ("*", target.origin), f"{target.origin} is not let in: {origin}")
    allowed = answer.headers.get("access-control-allow-headers", "").lower()
    expect("authorization" in allowed and "content-type" in allowed, f"headers allowed: {allowed!r}")
    return f"origin {origin}, headers {allowed}"


async def strange_origin(target: Target) -> str:
    """A page that the operator has not let in is refused, by HTTP and by websocket."""
    if not target.origins:
        raise NotApplicable("this deployment lets all pages in")
    answer = await fetch(f"{target.api}/health", headers={"Origin": STRANGE})
    expect(answer.status == 403, f"by HTTP it is answered {answer.status}")
    try:
        await (await websockets.connect(target.websocket, origin=websockets.Origin(STRANGE))).close()
    except websockets.InvalidStatus as error:
        status = error.response.status_code
    else:
        status = 101
    expect(status in (401, 403), f"its websocket is answered {status}")
    return f"{STRANGE} gets 403 and {status}"


async def too_many(target: Target) -> str:
    """Who asks too often is told so, and when to come again."""
    body = json.dumps({"reason": "a check of the rate limit"}).encode()
    kind = {"Content-Type": "application/json"}
    asked = 0
    while asked < MOST_REQUESTS:
        asked += 1
        # There is no such cell, so nothing is kept of this but the count.
        answer = await fetch(f"{target.api}/permalinks/smoke/report", "POST", kind, body)
        if answer.status == 429:
            break
        expect(answer.status == 404, f"a report of no cell is answered {answer.status}: {answer.body!r:.200}")
    expect(answer.status == 429, f"{MOST_REQUESTS} requests were served")
    expect(answer.headers.get("retry-after", "").isdecimal(), "429 comes without Retry-After")
    return f"request {asked} gets 429, Retry-After {answer.headers['retry-after']} s"


async def tokens(target: Target) -> str:
    """A session's messages are for those with its token alone, which no address has to carry."""
    service = Longwire(target.api)
    made = service.call("POST", "/sessions", {})
    path = f"/sessions/{made['session']}/messages?after=0&wait=0"
    given = {"Authorization": f"Bearer {made['token']}"}
    service.call("GET", path, headers=given)
    statuses = []
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        try:
            service.call("GET", path, headers=headers)
            statuses.append(200)
        except ServiceError as error:
            statuses.append(error.status)
    service.call("DELETE", f"/sessions/{made['session']}", headers=given)
    expect(all(status in (401, 403, 404) for status in statuses), f"without it: {statuses}")
    return f"by its header 200; without and with a wrong one {statuses}"


async def payloads(target: Target) -> str:
    """The payload bucket is not public: nothing is there without a link that was made for it."""
    link = (await shown_image(target))["url"]
    bare = urlsplit(link)._replace(query="").geturl()
    expect((await fetch(link)).status == 200, "the link itself does not work")
    status = (await fetch(bare)).status
    listing = (await fetch(bare[: bare.index("/", len("https://"))] + "/")).status
    if target.is_local and 200 in (status, listing):
        raise NotApplicable("the store of this machine keeps no access rules")
    expect(status in (403, 404) and listing in (403, 404), f"object {status}, listing {listing}")
    return f"the object without its signature {status}, the listing {listing}"
