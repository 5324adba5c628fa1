"""Faults in a server of aiohttp: the queues and the gateway."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from infra.local.faults.answers import ANSWERS
from infra.local.faults.fault import Fault, Faults, control


async def serve(
    fault: Fault | None, request: web.Request, act: Callable[[], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer a request as the fault has it; `act` does what was asked for."""
    if fault is None:
        return await act()
    if fault.kind == "twice":
        await act()
        return await act()
    if fault.kind == "late":
        answer = await act()
        await asyncio.sleep(fault.delay)
        return answer
    if fault.has_effect:
        await act()
    if fault.kind == "cut":
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    said = ANSWERS[fault.service, fault.kind]
    return web.Response(status=said.status, body=said.body, headers=said.headers)


async def controlled(faults: Faults, request: web.Request) -> web.Response:
    """Answer CONTROL_PATH."""
    status, text = control(faults, request.method, request.headers.get("Origin"), await request.read())
    return web.json_response(text=text, status=status)
