"""A proxy in front of an AWS endpoint that counts requests by service and operation."""

import asyncio
import threading
from collections import Counter

from aiohttp import ClientSession, ClientTimeout, web


class CountingProxy:
    """Runs in a thread. `target` may be set after the proxy's own address is known."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.target = ""
        self.url = ""
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)

    async def _start(self) -> None:
        self._session = ClientSession(timeout=ClientTimeout(total=60), auto_decompress=False)
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._forward)
        runner = web.AppRunner(application, access_log=None, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _forward(self, request: web.Request) -> web.Response:
        self.counts[_operation(request)] += 1
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        url = self.target + request.raw_path
        async with self._session.request(request.method, url, data=body, headers=headers) as answer:
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() not in ("transfer-encoding", "content-length", "connection")
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)


def _operation(request: web.Request) -> str:
    if target := request.headers.get("X-Amz-Target"):
        return target.replace("DynamoDB_20120810", "DynamoDB").replace("AmazonSQS", "SQS")
    if "/@connections/" in request.path:
        return f"Connections.{request.method}"
    if "/api/devices" in request.path:
        return "API." + request.path.rsplit("/", 1)[1]
    return f"S3 or STS.{request.method}"
