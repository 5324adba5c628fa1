"""The host owner's commands, as processes against a real stack."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chalicelib import devices, pools
from chalicelib.clients import Clients
from device_agent import identity
from device_agent.sandbox.doctor import examine
from infra.local.stack import PREFIX
from tests.conftest import LiveStack, live_stack
from tests.integration.client import Client, Http, execute, type_of

SECONDS = 30.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """A stack without a device of its own."""
    with live_stack(tmp_path_factory.mktemp("service") / "state", is_agent_on=False) as stack:
        yield stack


@pytest.fixture
def aws(service: LiveStack) -> Clients:
    clients = service.stack.endpoints.clients(PREFIX)
    pools.set_policy(clients, "default", {})
    return clients


class Host:
    """A host and its owner, who knows one program."""

    def __init__(self, stack: LiveStack, state: Path, environment: dict[str, str]) -> None:
        self.stack = stack
        self.state = state
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **stack.stack.endpoints.env(),
            "LONGWIRE_AGENT_STATE": str(state),
            "LONGWIRE_AGENT_CONFIG": os.devnull,
            "LONGWIRE_AGENT_KERNELS_READY": "0",
            **environment,
        }
        self._running: list[subprocess.Popen[str]] = []

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._line(*arguments), env={**self.environment, **environment}, text=True, timeout=SECONDS,
            capture_output=True, check=False,
        )  # fmt: skip

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._line(*arguments), env={**self.environment, **environment}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._running.append(process)
        return process

    @staticmethod
    def _line(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "device_agent.cli", *arguments]

    def enroll(self) -> str:
        """Enrol.

        :returns: the device's id.
        """
        token = self.stack.stack.enrolment_token()
        done = self.command("enroll", "--url", self.stack.api, "--token", token)
        assert done.returncode == 0, done.stderr
        known = identity.load(self.state)
        assert known is not None
        return known.device_id

    def run(self, *arguments: str, level: str | None = "none", **environment: str) -> subprocess.Popen[str]:
        """An agent that serves."""
        sandbox = [f"--sandbox={level}"] if level else []
        process = self.start("run", *sandbox, *arguments, **environment)
        until(lambda: process.poll() is not None or self.command("status").returncode == 0)
        assert process.poll() is None, process.communicate()
        return process

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return told

    def end(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.terminate()
        for process in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=SECONDS)
            process.kill()
            process.communicate()


def until(found: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Wait for a condition."""
    ends_at = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < ends_at
        time.sleep(0.05)
    return value


@pytest.fixture
def host(service: LiveStack, aws: Clients, tmp_path: Path) -> Iterator[Host]:
    host = Host(service, tmp_path / "state", {})
    yield host
    host.end()


def row(aws: Clients, device_id: str) -> dict[str, Any]:
    return next(row for row in devices.listed(aws) if row["device_id"] == device_id)


def test_a_host_is_enrolled_runs_is_looked_at_and_drained(host: Host, aws: Clients) -> None:
    assert "not enrolled" in host.command("status").stdout
    device_id = host.enroll()
    before = host.command("status")
    assert before.returncode == 10
    assert device_id in before.stdout
    assert "it has never run" in before.stdout

    agent = host.run()

    now = host.status()
    assert (now["state"], now["device_id"], now["pool"]) == ("online", device_id, "default")
    assert (now["sandbox"], now["sessions"], now["pid"]) == ("none", 0, agent.pid)
    assert "nothing keeps sessions from this host" in host.command("status").stdout
    told = row(aws, device_id)
    assert (told["state"], told["sandbox"], told["version"]) == ("online", "none", now["version"])
    assert "the device is online" in host.command("logs", "-n", "5").stdout

    drained = host.command("drain")
    assert (drained.returncode, drained.stdout.splitlines()[-1]) == (0, "stopped: 0 sessions left")
    assert agent.wait(SECONDS) == 0
    assert (row(aws, device_id)["state"], row(aws, device_id)["reason"]) == ("offline", "asked to drain")
    after = host.command("status")
    assert after.returncode == 10
    assert "stopped (asked to drain)" in after.stdout
    assert host.command("drain").returncode == 10


def test_the_token_of_the_device_is_in_no_log_and_no_status(host: Host) -> None:
    host.enroll()
    agent = host.run(LONGWIRE_AGENT_LOG_LEVEL="DEBUG")
    shown = host.command("status", "--json").stdout + host.command("logs").stdout
    agent.terminate()
    _, stderr = agent.communicate(timeout=SECONDS)

    known = identity.load(host.state)
    assert known is not None
    assert agent.returncode == 0
    assert known.device_token not in shown + stderr
    assert all(json.loads(line)["level"] for line in stderr.splitlines())
    for path in (host.state, host.state / "device.json", host.state / "control.sock"):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_what_runs_may_end_while_the_agent_drains_and_nothing_new_is_taken(
    host: Host, service: LiveStack
) -> None:
    await asyncio.to_thread(host.enroll)
    agent = await asyncio.to_thread(host.run)
    async with await Client.connect(service.websocket) as one, await Client.connect(service.websocket) as two:
        await one.send(execute("import time\nprint('begun', flush=True)\ntime.sleep(4)\nprint('done')"))
        await one.until(lambda m: type_of(m) == "stream")
        draining = await asyncio.to_thread(host.start, "drain", "--timeout", "20")
        await asyncio.to_thread(until, lambda: host.status()["state"] == "draining")
        assert (await asyncio.to_thread(host.command, "status")).returncode in (1, 10)
        await two.hello()
        await two.send(execute("print('elsewhere')"))

        assert await asyncio.to_thread(draining.wait, SECONDS) == 0
        assert await asyncio.to_thread(agent.wait, SECONDS) == 0
        await one.until(lambda m: type_of(m) == "computation_end")
        assert one.text() == "begun\ndone\n"
        assert draining.stdout is not None
        assert draining.stdout.read().startswith("draining: 1 sessions left\n")

        # What came meanwhile still waits, and the next agent runs it.
        await asyncio.to_thread(host.run)
        await two.until(lambda m: type_of(m) == "stream")
        assert two.text() == "elsewhere\n"


async def test_what_runs_beyond_the_bound_is_ended_and_its_reader_told(
    host: Host, service: LiveStack
) -> None:
    await asyncio.to_thread(host.enroll)
    await asyncio.to_thread(host.run)
    async with await Client.connect(service.websocket) as client:
        await client.send(execute("import time\nprint('begun', flush=True)\ntime.sleep(60)"))
        await client.until(lambda m: type_of(m) == "stream")
        began = time.monotonic()
        done = await asyncio.to_thread(host.command, "drain", "--timeout", "0.5")
        assert done.returncode == 0
        assert time.monotonic() - began < 15
        end = await client.until(lambda m: type_of(m) == "computation_end")
        assert end["content"]["content"]["reason"] == "draining"


def test_two_agents_on_one_state_directory_are_refused_and_one_on_a_copy_supersedes(
    host: Host, tmp_path: Path
) -> None:
    host.enroll()
    first = host.run()
    refused = host.command("run", "--sandbox=none")
    assert (refused.returncode, first.poll()) == (11, None)
    assert str(first.pid) in refused.stderr

    copy = Host(host.stack, tmp_path / "copy", {})
    copy.state.mkdir(mode=0o700)
    shutil.copy(host.state / "device.json", copy.state)
    try:
        copy.run()
        assert first.wait(SECONDS) == 5
        assert "another process has started as this device" in host.command("status").stdout
    finally:
        copy.end()


def test_an_agent_whose_run_was_given_up_begins_another(host: Host, aws: Clients) -> None:
    device_id = host.enroll()
    agent = host.run()
    before = host.status()["run"]
    aws.dynamodb.update_item(
        TableName=aws.settings.table("devices"),
        Key=devices.key(device_id),
        UpdateExpression="ADD #run :one",
        ExpressionAttributeNames={"#run": "run"},
        ExpressionAttributeValues={":one": {"N": "1"}},
    )

    until(lambda: host.status()["run"] == before + 2)

    assert row(aws, device_id)["run"] == before + 2
    assert agent.poll() is None


def test_a_device_that_is_revoked_ends_and_says_why(host: Host, aws: Clients) -> None:
    device_id = host.enroll()
    agent = host.run()
    devices.revoke(aws, device_id, "it was sold")

    assert agent.wait(SECONDS) == 6
    again = host.command("run", "--sandbox=none")
    assert (again.returncode, "it was sold" in again.stderr) == (6, True)
    assert row(aws, device_id)["state"] == "revoked"
    examined = host.command("doctor", "--sandbox=none")
    assert (examined.returncode, "it was sold" in examined.stdout) == (1, True)


def test_an_unknown_device_and_a_used_token_are_refused(host: Host) -> None:
    token = host.stack.stack.enrolment_token()
    enroll = ("enroll", "--url", host.stack.api, "--token", token)
    assert host.command(*enroll).returncode == 0
    assert host.command(*enroll).returncode == 2  # it is a device already
    assert host.command(*enroll, "--again").returncode == 4
    identity.save(host.state, identity.Identity("nobody", "nothing", host.stack.api))
    assert host.command("run", "--sandbox=none").returncode == 4


def test_an_agent_weaker_than_its_pool_asks_does_not_serve(host: Host, aws: Clients) -> None:
    device_id = host.enroll()
    pools.set_policy(aws, "default", {"sandbox": "rootless"})

    refused = host.command("run", "--sandbox=none")

    assert refused.returncode == 8
    assert "asks for the sandbox level rootless" in refused.stderr
    assert row(aws, device_id)["state"] == "offline"
    assert "asks for the sandbox level rootless" in row(aws, device_id)["reason"]
    examined = host.command("doctor", "--sandbox=none")
    assert (examined.returncode, "NO  pool: default asks for" in examined.stdout) == (1, True)


def test_without_a_level_sessions_run_at_the_strongest_that_the_host_can(host: Host, tmp_path: Path) -> None:
    host.enroll()
    level = examine(tmp_path).level
    if level == "none":
        refused = host.command("run")
        assert (refused.returncode, "--sandbox=none by name" in refused.stderr) == (2, True)
        return
    host.run(level=None)
    assert host.status()["sandbox"] == level


def test_labels_that_the_enrolment_did_not_give_are_named(host: Host) -> None:
    host.enroll()

    refused = host.command("run", "--sandbox=none", LONGWIRE_AGENT_LABELS="gpu,fast")

    assert refused.returncode == 2
    assert "did not give this device fast, gpu" in refused.stderr


def test_doctor_says_what_is_missing_until_the_host_can_serve(host: Host, tmp_path: Path) -> None:
    examined = host.command("doctor", "--sandbox=none")
    assert examined.returncode == 1
    assert "NO  service: none is known" in examined.stdout

    host.enroll()
    examined = host.command("doctor", "--sandbox=none")
    assert examined.returncode == 0, examined.stdout
    assert "nothing keeps sessions from this host" in examined.stdout

    (tmp_path / "agent.toml").write_text("[capacity]\nsesions = 1\n")
    examined = host.command("doctor", "--config", str(tmp_path / "agent.toml"))
    assert examined.returncode == 1
    assert "there is no key capacity.sesions" in examined.stdout


def test_the_page_of_figures_is_for_this_host_only(host: Host) -> None:
    host.enroll()
    api = Http(host.stack.api)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host.run("--metrics-port", str(port))
    status, _ = api.call("POST", "/sessions", {"request": execute("1")})
    assert status == 201

    def page() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    until(lambda: 'longwire_session_ends_total{reason="finished"} 1.0' in page())
    text = page()
    for line in ("longwire_capacity_sessions 20.0", 'sandbox="none"', "longwire_ready_kernels 0.0"):
        assert line in text
    assert "longwire_session_start_seconds_count 1.0" in text
    with pytest.raises(OSError), socket.create_connection((_own_address(), port), 1):
        pass

    other = {"LONGWIRE_AGENT_STATE": str(host.state / "other"), "LONGWIRE_API_URL": host.stack.api}
    refused = host.command("run", "--sandbox=none", "--metrics-port", str(port), **other)
    assert (refused.returncode, "metrics.port" in refused.stderr) == (2, True)


def _own_address() -> str:
    """An address of this machine that others reach it by; without a network, another loopback one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.2"
        return str(probe.getsockname()[0])


def test_a_service_that_does_not_answer_is_network_trouble(host: Host) -> None:
    identity.save(host.state, identity.Identity("d", "t", "http://127.0.0.1:1/api"))

    refused = host.command("run", "--sandbox=none")

    assert (refused.returncode, "does not answer" in refused.stderr) == (3, True)


@pytest.fixture
def late_service() -> Iterator[str]:
    """A service whose clock is an hour behind."""

    class Late(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            self.send_header("date", self.date_time_string(time.time() - 3600))
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Late)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


def test_a_wrong_clock_is_told_from_network_trouble(host: Host, late_service: str) -> None:
    enrolling = host.command("enroll", "--url", late_service, "--token", "x")
    assert enrolling.returncode == 9
    assert "s ahead of the service's" in enrolling.stderr


def test_an_agent_that_is_too_old_is_told_so(tmp_path: Path) -> None:
    environment = {"LONGWIRE_MIN_AGENT_VERSION": "99.1"}
    with live_stack(tmp_path / "stack", is_agent_on=False, app_env=environment) as stack:
        host = Host(stack, tmp_path / "state", {})
        token = stack.stack.enrolment_token()
        refused = host.command("enroll", "--url", stack.api, "--token", token)
        assert (refused.returncode, "needs longwire-agent 99.1 or newer" in refused.stderr) == (7, True)
        examined = host.command("doctor", "--sandbox=none", LONGWIRE_API_URL=stack.api)
        assert "NO  version" in examined.stdout


def test_a_killed_agent_is_told_from_one_that_was_stopped_and_the_next_one_starts(host: Host) -> None:
    host.enroll()
    agent = host.run()
    agent.kill()
    agent.wait(SECONDS)
    status = host.command("status")
    assert (status.returncode, "it was killed while online" in status.stdout) == (10, True)

    again = host.run()
    again.send_signal(signal.SIGTERM)
    assert again.wait(SECONDS) == 0
    assert "stopped by SIGTERM" in host.command("status").stdout


def test_following_the_log_shows_what_comes(host: Host) -> None:
    assert host.command("logs").returncode == 10
    host.enroll()
    host.run()
    following = host.start("logs", "--follow", "-n", "1", "--json")
    assert following.stdout is not None
    assert "online" in json.loads(following.stdout.readline())["message"]
    host.command("drain")

    assert "draining" in json.loads(following.stdout.readline())["message"]


def test_the_version_is_told_without_any_config(host: Host) -> None:
    told = host.command("version", LONGWIRE_AGENT_CONFIG="/nowhere")
    assert (told.returncode, told.stdout.startswith("longwire-agent 0.")) == (0, True)
