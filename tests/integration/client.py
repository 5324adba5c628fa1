"""Plain clients for tests and benchmarks: a websocket as a browser has it, and HTTP alone."""

import asyncio
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from typing import Any

import websockets

Message = dict[str, Any]


def request(msg_type: str, channel: str, content: dict[str, Any], **metadata: Any) -> Message:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": msg_type}
    return {"header": header, "metadata": metadata, "content": content, "channel": channel}


def execute(code: str) -> Message:
    return request("execute_request", "shell", {"code": code})


def change(function_name: str, state: int, **values: Any) -> Message:
    mark = {"function_name": function_name, "values": values, "state": state}
    return request("execute_request", "shell", {"code": ""}, interact=mark)


class Client:
    """One websocket; keeps all that came, and waits for what a test asks for."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.received: list[Message] = []
        self._arrived = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())
        self.session: str | None = None
        self.token: str | None = None

    @classmethod
    async def connect(cls, url: str, address: str | None = None) -> "Client":
        """:param address: of this machine, from which to come (127.0.0.2, say)."""
        here: dict[str, Any] = {"local_addr": (address, 0)} if address else {}
        return cls(await websockets.connect(url, max_size=None, compression=None, **here))

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._socket.close()
        await self._reader

    @property
    def close_code(self) -> int | None:
        code: int | None = self._socket.close_code
        return code

    async def closed(self) -> None:
        """Wait until the socket is closed, by whom ever."""
        await asyncio.shield(self._reader)

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                frame = json.loads(text)
                messages = frame if isinstance(frame, list) else [frame]
                async with self._arrived:
                    for message in messages:
                        self._learn(message)
                    self.received += messages
                    self._arrived.notify_all()
        except websockets.ConnectionClosed:
            pass
        async with self._arrived:
            self._arrived.notify_all()

    def _learn(self, message: Message) -> None:
        content = message.get("content", {})
        if content.get("session"):
            self.session = content["session"]
            self.token = content.get("token", self.token)

    async def send(self, message: Message) -> Message:
        await self._socket.send(json.dumps(message))
        return message

    async def send_raw(self, data: str | bytes) -> None:
        await self._socket.send(data)

    async def until(self, found: Callable[[Message], Any], seconds: float = 20) -> Message:
        """The first message, of all that ever came, for which `found` is true."""
        async with asyncio.timeout(seconds), self._arrived:
            while True:
                for message in self.received:
                    if found(message):
                        return message
                await self._arrived.wait()

    async def hello(self, session: str | None = None, token: str | None = None, **more: Any) -> Message:
        """Say hello and return the answer."""
        content = {"session": session, **({"token": token} if token else {}), **more}
        message = await self.send(request("hello", "control", content))
        return await self.until(answers(message))

    async def run(self, code: str, seconds: float = 20) -> Message:
        """Execute and wait until it is over; returns the request."""
        message = await self.send(execute(code))
        await self.until(idle_of(message), seconds)
        return message

    def text(self, function_name: str | None = None) -> str:
        """All stream text of a function, or of no function."""
        return "".join(
            message["content"]["text"]
            for message in self.of_type("stream")
            if function_of(message) == function_name
        )

    def of_type(self, msg_type: str) -> list[Message]:
        return [message for message in self.received if type_of(message) == msg_type]

    @property
    def sequences(self) -> list[int]:
        return [message["sequence"] for message in self.received if "sequence" in message]


class Http:
    """The HTTP routes, for clients that cannot hold a websocket."""

    def __init__(self, api: str) -> None:
        self._api = api
        self.token = ""
        self.origin = api.removesuffix("/api")

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Origin": self.origin}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        sent = urllib.request.Request(self._api + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(sent, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def type_of(message: Message) -> str:
    """The message type; that of the inner message for messages of the interact library."""
    msg_type: str = message.get("header", {}).get("msg_type", "")
    if msg_type == "extension":
        return str(message["content"]["msg_type"])
    return msg_type


def function_of(message: Message) -> str | None:
    mark = message.get("metadata", {}).get("interact")
    return mark["function_name"] if mark else None


def answers(request: Message) -> Callable[[Message], bool]:
    return lambda message: message.get("parent_header", {}).get("msg_id") == request["header"]["msg_id"]


def idle_of(request: Message) -> Callable[[Message], bool]:
    is_answer = answers(request)
    return lambda message: message.get("content", {}).get("execution_state") == "idle" and is_answer(message)
