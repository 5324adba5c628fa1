"""The page: that it is served, with the headers that keep it and its readers safe."""

import re

from infra.smoke.checking import expect
from infra.smoke.errors import NotApplicable
from infra.smoke.target import Target
from infra.smoke.web import fetch


def _address(target: Target) -> str:
    if target.page is None:
        raise NotApplicable("there is no page here")
    return target.page


async def page(target: Target) -> str:
    """The page and what it loads are served, and not to be taken for anything else."""
    address = _address(target)
    index = await fetch(f"{address}/")
    expect(index.status == 200, f"/ answers {index.status}")
    scripts = re.findall(r'<script[^>]* src="([^":]+)"', index.body.decode())
    expect(scripts, "/ loads no script of its own host")
    for path in ("/", *(f"/{script.lstrip('./')}" for script in scripts), "/frame.html"):
        answer = await fetch(address + path)
        expect(answer.status == 200, f"{path} answers {answer.status}")
        expect(answer.headers.get("x-content-type-options") == "nosniff", f"{path} lacks nosniff")
    return f"/, {', '.join(scripts)} and frame.html, nosniff"


async def frame(target: Target) -> str:
    """Output's frame is sandboxed by its own header, without the page's origin."""
    answer = await fetch(f"{_address(target)}/frame.html")
    policy = answer.headers.get("content-security-policy", "")
    words = re.match(r"sandbox ([a-z -]*)", policy)
    expect(words and "allow-scripts" in words[1], f"its policy is {policy!r}")
    expect("allow-same-origin" not in policy, "its policy gives output the page's origin")
    return policy.partition(";")[0]


async def encryption(target: Target) -> str:
    """Page, API and websocket are encrypted, and browsers are told to keep to that."""
    address = _address(target)
    if target.is_local:
        raise NotApplicable("on this machine nothing is encrypted")
    for url in (address, target.api, target.websocket):
        expect(url.startswith(("https://", "wss://")), f"{url} is not encrypted")
    answer = await fetch(f"{address}/")
    hsts = answer.headers.get("strict-transport-security", "")
    expect("max-age" in hsts, "/ lacks Strict-Transport-Security")
    return hsts
