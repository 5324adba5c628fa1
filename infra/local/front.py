"""The gateway process: the Chalice app behind the gateway, and the web page beside it."""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from chalicelib.clients import clients
from infra.local.errors import LocalStackError
from infra.local.gateway import Gateway, Limits, load_app
from infra.local.lifeline import watch_parent
from infra.local.web import WebPage


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or until the parent is gone."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def leave() -> None:
        loop.call_soon_threadsafe(stop.set)

    watch_parent(leave)
    sockets = [socket.socket(fileno=number) for number in (arguments.http_fd, arguments.websocket_fd)]
    addresses = ["{}:{}".format(*listener.getsockname()[:2]) for listener in sockets]
    for listener in sockets:
        listener.setblocking(False)
    known = clients().settings
    page = WebPage(
        arguments.web,
        f"http://{addresses[0]}/api",
        f"ws://{addresses[1]}/api",
        known.allowed_origins - {"*"},
        known.issuer,
    )
    gateway = Gateway(
        load_app(arguments.app, Path.cwd()),
        http=sockets[0],
        websocket=sockets[1],
        limits=Limits(**json.loads(arguments.limits)),
        page=page,
        schedule_seconds=arguments.schedule_seconds,
        asked=lambda: clients().tally.figures(),
    )
    async with gateway:
        await asyncio.to_thread(clients().make)  # as a Lambda does while it loads (app.py)
        await stop.wait()


def main() -> None:
    """Serve on the listening sockets that the parent passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", required=True)
    parser.add_argument("--http-fd", type=int, required=True)
    parser.add_argument("--websocket-fd", type=int, required=True)
    parser.add_argument("--web", type=Path, default=None)
    parser.add_argument("--limits", default="{}")
    parser.add_argument("--schedule-seconds", type=float, default=None)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for noisy in ("websockets.server", "botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Handlers and the event loop share one interpreter; a short turn keeps frames from waiting for a handler.
    sys.setswitchinterval(0.001)
    try:
        asyncio.run(serve(parser.parse_args()))
    except LocalStackError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(error.exit_code)
    # A function that still runs must not keep the process: its thread cannot be ended.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
