"""The queue process: SQS's JSON protocol over HTTP."""

import argparse
import asyncio
import json
import os
import signal
import socket
import uuid
from pathlib import Path

from aiohttp import web

from infra.local.faults import CONTROL_PATH, Faults
from infra.local.faults import served as faulty
from infra.local.lifeline import watch_parent
from infra.local.queues.errors import InvalidSignatureError, SqsError, UnsupportedOperationError
from infra.local.queues.service import Service
from infra.local.signatures import complaint

CONTENT_TYPE = "application/x-amz-json-1.0"
REQUEST_MAX_BYTES = 8 * 1024 * 1024


def make_app(service: Service) -> web.Application:
    """Return the web application around a service."""

    faults = Faults()

    async def handle(request: web.Request) -> web.StreamResponse:
        if not faults.any:
            return await answer(request)
        operation = request.headers.get("X-Amz-Target", "").removeprefix("AmazonSQS.")
        fault = faults.meet("sqs", operation, [queue_of(await request.read())])
        return await faulty.serve(fault, request, lambda: answer(request))

    async def answer(request: web.Request) -> web.Response:
        target = request.headers.get("X-Amz-Target", "")
        try:
            if not target.startswith("AmazonSQS."):
                raise UnsupportedOperationError("only the JSON protocol of SQS is spoken here")
            if words := complaint(request.headers.get("X-Amz-Date")):
                raise InvalidSignatureError(words)
            body = json.loads(await request.read() or b"{}")
            content = await service.call(target.removeprefix("AmazonSQS."), body, lambda: is_gone(request))
        except SqsError as error:
            return _failure(error)
        return web.Response(body=json.dumps(content).encode(), headers=_headers())

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def control(request: web.Request) -> web.Response:
        return await faulty.controlled(faults, request)

    application = web.Application(client_max_size=REQUEST_MAX_BYTES)
    application.router.add_route("*", CONTROL_PATH, control)
    application.router.add_post("/{path:.*}", handle)
    application.router.add_get("/", health)
    return application


def queue_of(body: bytes) -> str:
    """Return the name of the queue that a request is about, "" if it names none."""
    content = json.loads(body or b"{}")
    return str(content.get("QueueName") or content.get("QueueUrl", "").rstrip("/").rsplit("/", 1)[-1])


def is_gone(request: web.Request) -> bool:
    """Return whether the client has closed its connection."""
    return request.transport is None or request.transport.is_closing()


async def serve(listener: socket.socket, region: str, memory: Path | None = None) -> web.AppRunner:
    """Serve on a bound socket; the caller cleans the runner up.

    A poll whose client is gone is cancelled at once: a message must never go to a dead one.
    """
    host, port = listener.getsockname()[:2]
    application = make_app(Service(f"http://{host}:{port}", region, memory))
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


def _headers() -> dict[str, str]:
    return {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": str(uuid.uuid4())}


def _failure(error: SqsError) -> web.Response:
    body = {"__type": f"com.amazonaws.sqs#{error.shape}", "message": str(error)}
    headers = {**_headers(), "x-amzn-query-error": f"{error.code};Sender"}
    return web.Response(status=400, body=json.dumps(body).encode(), headers=headers)


async def _main(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent(lambda: os._exit(0))
    listener = socket.socket(fileno=arguments.fd)
    listener.setblocking(False)
    runner = await serve(listener, arguments.region, arguments.memory)
    await stop.wait()
    await runner.cleanup()


def main() -> None:
    """Serve on the listening socket that the parent passed, until SIGTERM or until the parent is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--memory", type=Path, default=None)
    parser.add_argument("--region", default="us-east-1")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
