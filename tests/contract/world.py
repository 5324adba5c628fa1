"""Who takes part: a browser and a device that speak to the router's own code, and the websockets between."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import devices, enrolment, http, iopub, websocket
from chalicelib.clients import Clients
from chalicelib.enrolment import Enrolment
from chalicelib.items import from_item, to_item
from chalicelib.messages import Message, extension, make


class Clock:
    """Stands for the `time` module: every look takes a millisecond, and nobody waits."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def time(self) -> float:
        self.now += 0.001
        return self.now

    def time_ns(self) -> int:
        return round(self.time() * 1_000_000_000)

    def monotonic(self) -> float:
        return self.time()

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class GoneException(ClientError):
    """What API Gateway answers for a connection that no longer exists."""

    def __init__(self) -> None:
        super().__init__({"Error": {"Code": "GoneException", "Message": "Gone"}}, "PostToConnection")


class Sockets:
    """Stands for API Gateway's management API: keeps what was posted to whom."""

    class exceptions:  # noqa: N801
        GoneException = GoneException

    def __init__(self, calls: Counter[str]) -> None:
        self._calls = calls
        self.frames: dict[str, list[bytes]] = {}
        self.gone: set[str] = set()
        self.failing: set[str] = set()

    def post_to_connection(self, ConnectionId: str, Data: bytes) -> None:  # noqa: N803
        self._calls["PostToConnection"] += 1
        if ConnectionId in self.gone:
            raise GoneException
        if ConnectionId in self.failing:
            raise ClientError({"Error": {"Code": "LimitExceededException"}}, "PostToConnection")
        self.frames.setdefault(ConnectionId, []).append(Data)


@dataclass
class World:
    """One test's service."""

    aws: Clients
    sockets: Sockets
    clock: Clock
    calls: Counter[str]
    """How often each AWS operation was asked for, all told."""

    def browser(self, address: str = "192.0.2.1", headers: Mapping[str, str] | None = None) -> "Browser":
        browser = Browser(self, uuid.uuid4().hex)
        websocket.on_connect(self.aws, browser.connection_id, headers or {}, address)
        return browser

    def enrolment_token(
        self, pool: str = "default", lasts: float = 3600, uses: int = 1, labels: tuple[str, ...] = ()
    ) -> str:
        """What an operator writes to let devices in."""
        return enrolment.issue(self.aws, Enrolment(pool, labels), uses, lasts)

    def device(self, pool: str = "default") -> "Device":
        """An enrolled device that has started."""
        body = {"enrolment_token": self.enrolment_token(pool), "facts": {"load": 0.5}}
        answer = http.enrol(self.aws, json.dumps(body))
        device = Device(self, answer["device_id"], answer["device_token"])
        device.start()
        return device

    def make_pool(self, pool: str) -> str:
        self.aws.sqs.create_queue(QueueName=self.aws.settings.pool_queue(pool))
        return pool

    def rings(self, queue_url: str) -> list[dict[str, Any]]:
        """The doorbells that wait in a queue, which are taken out."""
        rings: list[dict[str, Any]] = []
        while messages := self.aws.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                rings.append(json.loads(message["Body"]))
                self.aws.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return rings

    def pool_rings(self, pool: str = "default") -> list[dict[str, Any]]:
        name = self.aws.settings.pool_queue(pool)
        return self.rings(self.aws.sqs.get_queue_url(QueueName=name)["QueueUrl"])

    def row(self, table: str, **key: str) -> dict[str, Any] | None:
        """A row as its readers see it: an expired one is absent."""
        answer = self.aws.dynamodb.get_item(TableName=self.aws.settings.table(table), Key=to_item(key))
        return from_item(answer.get("Item"))

    def set(self, table: str, key: dict[str, str], **values: Any) -> None:
        """Change a row behind the router's back."""
        name = self.aws.settings.table(table)
        item = self.aws.dynamodb.get_item(TableName=name, Key=to_item(key))["Item"]
        self.aws.dynamodb.put_item(TableName=name, Item={**item, **to_item(values)})


@dataclass
class Browser:
    """A websocket, what came down it, and the session that it was given."""

    world: World
    connection_id: str
    session: str = ""
    token: str = ""
    _read: int = 0

    def send(self, message: Mapping[str, Any] | str) -> list[Message]:
        """Send a frame.

        :returns: what came back at once.
        """
        text = message if isinstance(message, str) else json.dumps(message)
        websocket.on_message(self.world.aws, self.connection_id, text)
        return self.inbox()

    def inbox(self) -> list[Message]:
        """What came since the last look."""
        frames = self.world.sockets.frames.get(self.connection_id, [])
        new, self._read = frames[self._read :], len(frames)
        messages: list[Message] = []
        for frame in new:
            content = json.loads(frame)
            messages += content if isinstance(content, list) else [content]
        for message in messages:
            if "token" in message["content"]:
                self.session, self.token = message["content"]["session"], message["content"]["token"]
        return messages

    def run(self, code: str = "1 + 1", **content: Any) -> list[Message]:
        return self.send(make("execute_request", "shell", {"code": code, **content}))

    def change(self, state: int, function: str = "f", **values: Any) -> list[Message]:
        """Move a control."""
        return self.send(change(state, function, **values))

    def hello(self, **content: Any) -> list[Message]:
        """Attach to the session that this browser knows, or as `content` says."""
        known = {"session": self.session or None, "token": self.token}
        return self.send(make("hello", "control", {**known, **content}))


def change(state: int, function: str = "f", **values: Any) -> Message:
    mark = {"function_name": function, "values": values, "state": state}
    return make("execute_request", "shell", {"code": ""}, metadata={"interact": mark})


@dataclass
class Device:
    """A device as the router sees it: its HTTP calls, and what it writes by itself."""

    world: World
    device_id: str
    token: str
    run: int = 0
    queue_url: str = ""
    epochs: dict[str, int] = field(default_factory=dict)

    @cached_property
    def aws(self) -> Clients:
        return self.world.aws

    def authorized(self) -> devices.Device:
        return devices.authorized(self.aws, self.device_id, self.token)

    def start(self, **body: Any) -> dict[str, Any]:
        told = json.dumps({"facts": {"load": 0.5}, **body})
        answer = http.start_device(self.aws, self.authorized(), told)
        self.run, self.queue_url = answer["run"], answer["queues"]["device"]
        return answer

    def heartbeat(self, run: int | None = None, state: str = "online", **told: Any) -> str:
        body = {"run": self.run if run is None else run, "state": state, "sessions": 1, **told}
        return str(http.heartbeat(self.aws, self.authorized(), json.dumps(body))["state"])

    def claim(self, session: str, **more: Any) -> dict[str, Any]:
        body = {"run": self.run, **more}
        answer = http.claim(self.aws, self.authorized(), session, json.dumps(body))
        self.epochs[session] = answer["epoch"]
        return answer

    def take(self, session: str, *channels: str, epoch: int | None = None, **more: Any) -> dict[str, Any]:
        body = {
            "run": self.run,
            "epoch": self.epochs[session] if epoch is None else epoch,
            "channels": channels or ("shell", "control", "stdin", "connections"),
            **more,
        }
        return http.take(self.aws, self.device_id, self.token, session, json.dumps(body))

    def end(self, session: str, reason: str = "finished", status: str = "ended", **more: Any) -> None:
        body = {"run": self.run, "epoch": self.epochs[session], "status": status, "reason": reason, **more}
        http.end(self.aws, self.device_id, self.token, session, json.dumps(body))

    def key(self, session: str) -> str:
        return iopub.session_key(self.device_id, session, self.epochs[session])

    def store(self, session: str, *messages: Message, block: str = "exec#000001", number: int = 0) -> None:
        """Write output into the buffer, as the outbox does."""
        iopub.put(self.aws, self.key(session), self.epochs[session], iopub.Slot(block, number, messages))

    def dies(self) -> None:
        """It falls silent, for longer than the service waits for it."""
        self.world.clock.now += self.aws.settings.device_lost_after + 1

    def rings(self) -> list[dict[str, Any]]:
        return self.world.rings(self.queue_url)


def output(sequence: int, text: str = "", function: str | None = None, state: int = 0) -> Message:
    """A numbered message of a session, of an interact if a function is named."""
    mark = {"interact": {"function_name": function, "state": state}} if function else None
    message = make("stream", "iopub", {"name": "stdout", "text": text or str(sequence)}, metadata=mark)
    message["sequence"] = sequence
    return message


def started(sequence: int, function: str, state: int) -> Message:
    message = extension("interact_start", {"function_name": function, "state": state})
    message["metadata"]["interact"] = {"function_name": function, "state": state}
    message["sequence"] = sequence
    return message


def texts(messages: list[Message]) -> list[str]:
    """The stream text of messages, in order."""
    return [message["content"]["text"] for message in messages if message["header"]["msg_type"] == "stream"]


def only(messages: list[Message], msg_type: str) -> Message:
    """The one message of a type."""
    found = [message for message in messages if message["header"]["msg_type"] == msg_type]
    assert len(found) == 1, [message["header"]["msg_type"] for message in messages]
    return found[0]


def reasons(messages: list[Message]) -> Iterator[str]:
    """Why the session ended, as often as that was told."""
    for message in messages:
        if message["content"].get("msg_type") == "computation_end":
            yield message["content"]["content"]["reason"]
