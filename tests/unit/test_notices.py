"""What EC2 says of an instance's end, asked of a metadata service that insists on its tokens."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from device_agent import notices
from device_agent.settings import Ec2

ON = Ec2(notices="on")
IN_A_GROUP = Ec2(notices="on", autoscaling_group="longwire-test-devices")


class Ec2Host(ThreadingHTTPServer):
    """An instance's metadata service of version 2, and the API of its Auto Scaling group."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.data = {
            "autoscaling/target-lifecycle-state": "InService",
            "placement/region": "us-east-1",
            "instance-id": "i-1",
        }
        self.token = "first"
        self.asked: list[str] = []
        self.completed: list[dict[str, list[str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Ec2Host

    def log_message(self, *_: object) -> None: ...

    def _answer(self, status: int, text: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self) -> None:
        given = self.headers.get("x-aws-ec2-metadata-token-ttl-seconds")
        self._answer(200, self.server.token) if given else self._answer(400)

    def do_GET(self) -> None:
        name = self.path.removeprefix("/latest/meta-data/")
        self.server.asked.append(name)
        if self.headers.get("x-aws-ec2-metadata-token") != self.server.token:
            self._answer(401)
        elif name in self.server.data:
            self._answer(200, self.server.data[name])
        else:
            self._answer(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.completed.append(parse_qs(body))
        self._answer(200, "<Answer><CompleteLifecycleActionResult/></Answer>")


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ec2Host]:
    host = Ec2Host()
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", host.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_AUTO_SCALING", host.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    threading.Thread(target=host.serve_forever, daemon=True).start()
    yield host
    host.shutdown()
    host.server_close()


class Agent:
    """Runs until it is stopped."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()
        self.why: tuple[str, float] | None = None

    def stop(self, reason: str, within: float) -> None:
        self.why = reason, within
        self.stopped.set()

    async def run(self, settings: Ec2) -> tuple[str, float]:
        async with notices.watched(settings, self.stop, every=0.01):
            await asyncio.wait_for(self.stopped.wait(), 10)
        assert self.why is not None
        return self.why


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds, ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_spot_instance_drains_within_its_last_two_minutes(ec2: Ec2Host) -> None:
    ends_at = datetime.now(UTC) + timedelta(seconds=120)
    told = {"action": "terminate", "time": ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    ec2.data["spot/instance-action"] = json.dumps(told)

    reason, within = await Agent().run(ON)

    assert reason == "EC2 takes this Spot instance (terminate)"
    assert 85 < within < 100
    assert ec2.completed == []


async def test_a_group_that_takes_the_instance_is_told_once_it_has_drained(ec2: Ec2Host) -> None:
    agent = Agent()
    running = asyncio.create_task(agent.run(IN_A_GROUP))
    await until(lambda: len(ec2.asked) >= 4)
    assert agent.why is None
    ec2.data["autoscaling/target-lifecycle-state"] = "Terminated"

    reason, within = await running

    assert (reason, within) == ("its group takes this instance away", 780.0)
    [asked] = ec2.completed
    assert asked["Action"] == ["CompleteLifecycleAction"]
    assert asked["AutoScalingGroupName"] == ["longwire-test-devices"]
    assert (asked["LifecycleHookName"], asked["InstanceId"]) == (["drain"], ["i-1"])
    assert asked["LifecycleActionResult"] == ["CONTINUE"]


async def test_a_token_that_has_expired_is_renewed(ec2: Ec2Host) -> None:
    metadata = notices.Metadata()
    assert metadata.read("instance-id") == "i-1"
    ec2.token = "second"
    assert metadata.read("instance-id") == "i-1"
    assert metadata.read("nothing") is None


async def test_an_agent_that_ends_by_itself_tells_its_group_nothing(ec2: Ec2Host) -> None:
    async with notices.watched(IN_A_GROUP, Agent().stop, every=0.01):
        await until(lambda: bool(ec2.asked))
    assert ec2.completed == []


async def test_nothing_is_watched_unless_the_config_says_so(ec2: Ec2Host) -> None:
    before = asyncio.all_tasks()
    async with notices.watched(Ec2(), Agent().stop):
        assert asyncio.all_tasks() == before


async def test_a_host_that_is_no_instance_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    async with notices.watched(ON, Agent().stop, every=0.01):
        await until(lambda: bool(caplog.records))
    assert "what EC2 says of this instance is not known" in caplog.text
