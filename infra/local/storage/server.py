"""The storage process: moto behind aiohttp, DynamoDB one request at a time, saved every 10 s."""

import argparse
import asyncio
import gc
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from aiohttp import web

from infra.local.faults import CONTROL_PATH, Faults
from infra.local.faults import served as faulty
from infra.local.lifeline import watch_parent
from infra.local.storage import dynamodb, faster, wsgi
from infra.local.storage.calls import DYNAMODB, read_call
from infra.local.storage.storage import Storage

REQUEST_MAX_BYTES = 256 * 1024 * 1024
KEEP_ALIVE_SECONDS = 300.0


def make_app(storage: Storage) -> web.Application:
    """Return the web application around what is stored."""
    faults = Faults()

    async def answer(environ: wsgi.Environ) -> web.Response:
        if environ.get("HTTP_X_AMZ_TARGET", "").startswith(DYNAMODB):
            # One at a time anyhow: to hand it to a thread would take longer than most of them do.
            return wsgi.answer(storage, environ)
        return await asyncio.to_thread(wsgi.answer, storage, environ)

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if not faults.any or request.path.startswith("/_local/"):
            return await answer(wsgi.environ_of(request, body))
        call = read_call(wsgi.environ_of(request, body), body)
        fault = faults.meet(call.service, call.operation, call.targets)
        return await faulty.serve(fault, request, lambda: answer(wsgi.environ_of(request, body)))

    async def control(request: web.Request) -> web.Response:
        return await faulty.controlled(faults, request)

    application = web.Application(client_max_size=REQUEST_MAX_BYTES)
    application.router.add_route("*", CONTROL_PATH, control)
    application.router.add_route("*", "/{path:.*}", handle)
    return application


async def _serve(listener: socket.socket, storage: Storage) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener.setblocking(False)
    runner = web.AppRunner(make_app(storage), access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    await stop.wait()


def main() -> None:
    """Serve on the listening socket that the parent passed, until SIGTERM or until the parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--state", type=Path, default=None)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--save-seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    sys.setswitchinterval(0.001)  # a request must not wait for a snapshot that is being written
    faster.apply()
    dynamodb.apply()
    storage = Storage(arguments.state, arguments.region)

    def leave() -> None:
        storage.save()
        os._exit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent(leave)
    gc.freeze()  # a full collection would look through all of moto, and requests wait for it
    threading.Thread(target=storage.keep, args=(arguments.save_seconds,), daemon=True).start()
    asyncio.run(_serve(socket.socket(fileno=arguments.fd), storage))
    leave()


if __name__ == "__main__":
    main()
