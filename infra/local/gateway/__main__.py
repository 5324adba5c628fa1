"""Serves a Chalice app by itself: `python -m infra.local.gateway app:app --port 8000`."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from infra.local.errors import LocalStackError
from infra.local.gateway import Api, Gateway, listen, load_app


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = load_app(arguments.app, Path.cwd())
    sockets = listen(arguments.port), listen(arguments.port + 1)
    async with Gateway(app, http=sockets[0], websocket=sockets[1], api=Api(stage=arguments.stage)) as gateway:
        sys.stdout.write(f"REST and @connections: {gateway.url}\nWebSocket: {gateway.websocket_url}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", help="module:attribute of the Chalice app")
    parser.add_argument(
        "--port", type=int, default=8000, help="HTTP port; the websocket port is the next one"
    )
    parser.add_argument("--stage", default="api")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    try:
        asyncio.run(serve(arguments))
    except LocalStackError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(error.exit_code) from error
    # A function that still runs must not keep the process: its thread cannot be ended.
    os._exit(0)


if __name__ == "__main__":
    main()
