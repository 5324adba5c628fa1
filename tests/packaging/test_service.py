"""The unit under a real systemd, booted for the test: its hardening leaves the sandbox what that needs."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib import devices
from device_agent.sandbox.system import bubblewrap
from infra.local import operating
from infra.local.stack import PREFIX
from tests.conftest import LiveStack, live_stack
from tests.integration.client import Http, execute
from tests.packaging.conftest import SECONDS, Install

UNITS = Path(__file__).resolve().parents[2] / "infra" / "systemd"
BOOT = Path(__file__).with_name("boot.sh")
SYSTEMD, PYTHON = Path("/lib/systemd/systemd"), Path("/usr/bin/python3")
_TARGETS = ("sysinit", "basic", "shutdown", "network-online", "time-sync", "multi-user")
_ROOTS = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")
# What a session sees: its own uid, nothing of the host's files, nothing of the host's loopback.
CODE = """
import os, socket
print(os.getuid(), os.path.exists('/etc/longwire'), end=' ')
try:
    socket.create_connection(('127.0.0.1', {port}), 1)
except OSError:
    print('alone')
"""


def _is_usable() -> bool:
    """Whether systemd can be booted beside what runs here: as root, with a cgroup of version 2."""
    if os.geteuid() != 0 or not SYSTEMD.exists() or not PYTHON.exists() or not bubblewrap():
        return False
    return bool(_groups()) and shutil.which("nsenter") is not None


def _groups() -> list[Path]:
    """Where systemd's own hierarchies are: one for itself and one of version 2, or the latter for all."""
    if Path("/sys/fs/cgroup/cgroup.procs").exists():
        return [Path(_ROOTS[2])]
    both = [Path(root) for root in _ROOTS[:2]]
    return both if all((root / "cgroup.procs").exists() for root in both) else []


pytestmark = [
    pytest.mark.skipif(not _is_usable(), reason="systemd cannot be booted here"),
    pytest.mark.timeout(SECONDS),
]


class Machine:
    """A systemd that runs one service, in namespaces of its own."""

    def __init__(self, stuff: Path) -> None:
        self._groups = [root / f"longwire-test-{os.getpid()}" for root in _groups()]
        for group in self._groups:
            group.mkdir(exist_ok=True)
        enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in self._groups)
        spaces = "--pid --fork --kill-child --mount --uts --ipc --cgroup"
        self._process = subprocess.Popen(
            ["bash", "-c", f"{enter} exec unshare {spaces} bash {BOOT} {stuff}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def _pid(self) -> str:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return children[0] if children else ""

    def do(self, *command: str) -> "subprocess.CompletedProcess[str]":
        enter = ["nsenter", "-t", self._pid, "-m", "-p", "-u", "-i", "-C"]
        return subprocess.run(
            [*enter, *command], capture_output=True, text=True, timeout=SECONDS, check=False
        )

    def shows(self, name: str) -> str:
        return self.do("systemctl", "show", "-p", name, "--value", "longwire-agent").stdout.strip()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for group in self._groups:
            for path in sorted(group.rglob("*/"), reverse=True):
                until(lambda path=path: _is_removed(path))
            until(lambda group=group: _is_removed(group))


def _is_removed(group: Path) -> bool:
    """Its processes take a moment to end."""
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def until(found: Callable[[], Any], seconds: float = 60.0) -> Any:
    ends_at = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < ends_at
        time.sleep(0.1)
    return value


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    with live_stack(tmp_path_factory.mktemp("service") / "state", is_agent_on=False) as stack:
        yield stack


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, install: Install) -> Path:
    """An environment of the system's own Python: a service sees nobody's home."""
    place = tmp_path_factory.mktemp("opt") / "venv"
    install(place, PYTHON, "--relocatable")
    return place


@pytest.fixture(params=["full", "rootless"])
def machine(
    request: pytest.FixtureRequest, tmp_path: Path, service: LiveStack, environment: Path
) -> Iterator[tuple[str, Machine]]:
    """A level, and a machine whose service runs sessions at it."""
    units, drop_ins = tmp_path / "units", tmp_path / "units" / "longwire-agent.service.d"
    drop_ins.mkdir(parents=True)
    for target in _TARGETS:
        (units / f"{target}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    shutil.copy(UNITS / "longwire-agent.service", units)
    known = operating.environment(service.stack.options.state)
    known = {name: value for name, value in known.items() if "ENDPOINT" in name or "REGION" in name}
    known["LONGWIRE_ENROLMENT_TOKEN"] = service.stack.enrolment_token()
    lines = ["[Service]", *(f"Environment={name}={value}" for name, value in known.items())]
    lines += [f"Standard{stream}=append:/run/agent.log" for stream in ("Output", "Error")]
    (drop_ins / "test.conf").write_text("\n".join(lines))
    if request.param == "rootless":
        text = (UNITS / "rootless.conf").read_text()
        own = text.replace("User=longwire", "User=nobody").replace("Group=longwire", "Group=nogroup")
        (drop_ins / "rootless.conf").write_text(own)
    settings = (UNITS / "agent.toml").read_text() + f'url = "{service.api}"\n'
    (tmp_path / "agent.toml").write_text(settings)
    (tmp_path / "venv").symlink_to(environment)
    machine = Machine(tmp_path)
    yield request.param, machine
    machine.end()


def test_the_service_runs_sessions_in_their_sandbox_and_drains(
    machine: tuple[str, Machine], service: LiveStack
) -> None:
    level, host = machine
    with contextlib.suppress(AssertionError):
        until(lambda: host.shows("SubState") == "running")
    log = host.do("cat", "/run/agent.log").stdout
    assert host.shows("SubState") == "running", log
    status = json.loads(host.do("longwire-agent", "status", "--json").stdout)
    assert (status["state"], status["sandbox"]) == ("online", level)

    port = urlsplit(service.api).port
    assert _run(service, CODE.format(port=port)) == "1000 False alone\n"

    assert host.do("systemctl", "stop", "longwire-agent").returncode == 0
    assert (host.shows("ActiveState"), host.shows("ExecMainStatus")) == ("inactive", "0")
    [row] = [
        row
        for row in devices.listed(service.stack.endpoints.clients(PREFIX))
        if row["device_id"] == status["device_id"]
    ]
    assert (row["state"], row["reason"]) == ("offline", "stopped by SIGTERM")


def _run(service: LiveStack, code: str) -> str:
    """What a session prints."""
    http = Http(service.api)
    _, session = http.call("POST", "/sessions", {"request": execute(code)})
    http.token = session["token"]
    path = f"/sessions/{session['session']}/messages?wait=5"
    told = until(lambda: (answer := http.call("GET", path)[1])["session_status"] == "ended" and answer)
    streams = (one for one in told["messages"] if one["header"]["msg_type"] == "stream")
    return "".join(one["content"]["text"] for one in streams)
