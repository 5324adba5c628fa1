"""Examines how well this host can enclose sessions, by enclosing one and looking from inside."""

import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from device_agent.sandbox import system
from device_agent.sandbox.cgroups import Cgroups
from device_agent.sandbox.levels import Finding, Level, Report
from device_agent.sandbox.limits import Limits
from device_agent.zygote import client, wire

_WITHIN = 30.0
_MOST_ADVICE = 300
_PROBE = """
import json, os, resource, socket, sys
found = {}
def tries(name, attempt):
    try:
        attempt()
        found[name] = False
    except BaseException:
        found[name] = True
def read_agent(): open(sys.argv[1]).read()
def write_system(): open("/usr/longwire-probe", "w")
def reach_host(): socket.create_connection(("127.0.0.1", int(sys.argv[2])), 1)
def reach_metadata(): socket.create_connection(("169.254.169.254", 80), 1)
def vsock(): socket.socket(40, socket.SOCK_STREAM)
def new_namespace():
    import ctypes
    if ctypes.CDLL(None).unshare(0x10000000): raise OSError
def fill():
    with open("/session/probe", "wb") as file:
        for _ in range(int(sys.argv[3]) + 1): file.write(bytes(2**20))
for test in (read_agent, write_system, reach_host, reach_metadata, vsock, new_namespace, fill):
    tries(test.__name__, test)
pids = [name for name in os.listdir("/proc") if name.isdigit()]
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
found["others"] = len(pids) <= 3
found["capabilities"] = all(int(status[name], 16) == 0 for name in ("CapEff", "CapPrm", "CapBnd"))
found["privileges"] = status["NoNewPrivs"].strip() == "1"
found["seccomp"] = status["Seccomp"].strip() == "2"
found["environment"] = "LONGWIRE_PROBE_SECRET" not in os.environ
found["uid"] = open("/proc/self/uid_map").read().split()[1]
found["memory"] = resource.getrlimit(resource.RLIMIT_DATA)[1] > 0
open("/session/found.json", "w").close()
print(json.dumps(found))
"""
_WORDS = {
    "read_agent": "the agent's files cannot be read",
    "write_system": "the system is read-only",
    "reach_host": "the host's loopback cannot be reached",
    "reach_metadata": "the metadata service (169.254.169.254) cannot be reached",
    "vsock": "sockets to the hypervisor are refused",
    "new_namespace": "new namespaces are refused",
    "fill": "the work directory has a size limit",
    "others": "other sessions' and the host's processes cannot be seen",
    "capabilities": "no capabilities are left",
    "privileges": "no new privileges can be had (setuid programs do nothing)",
    "seccomp": "system calls are filtered",
    "environment": "the agent's environment cannot be seen",
    "memory": "memory of a process is limited",
}


def examine(work_dir: Path) -> Report:
    """Try everything that the sandbox promises in a throw-away session.

    :param work_dir: where sessions keep their sockets.
    """
    best: Level = "full" if os.geteuid() == 0 else "rootless"
    if platform.system() != "Linux":
        return _none("host", f"{platform.system()} cannot enclose sessions; Linux can")
    if system.bubblewrap() is None:
        return _none("bubblewrap", "is not installed: apt-get install bubblewrap")
    try:
        found = _probe(best, work_dir)
    except (OSError, EOFError, ValueError, subprocess.SubprocessError) as error:
        return _none("bubblewrap", f"does not work here: {error}" + _advice())
    findings = [Finding(name, bool(found.get(name)), words) for name, words in _WORDS.items()]
    level: Level = best if all(finding.enforced for finding in findings) else "none"
    return Report(level, (*findings, *_uid(best, found), *_groups()))


def _none(what: str, words: str) -> Report:
    return Report("none", (Finding(what, False, words),))


def _uid(level: Level, found: dict[str, Any]) -> list[Finding]:
    if level == "full":
        return [Finding("uid", True, f"sessions have a uid of their own ({found.get('uid')} and up)")]
    return [Finding("uid", False, "sessions have the agent's uid: only root can give them one of their own")]


def _groups() -> list[Finding]:
    groups = Cgroups.find()
    if groups is None:
        words = "no cgroup (v2) can be written: memory and processes of a session are checked each second"
        return [Finding("cgroups", False, words)]
    missing = {"memory", "pids", "cpu"} - groups.controllers
    words = "sessions have cgroups that limit " + ", ".join(sorted(groups.controllers))
    return [
        Finding("cgroups", not missing, words + (f"; not {', '.join(sorted(missing))}" if missing else ""))
    ]


def _advice() -> str:
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restricted.exists() and restricted.read_text().strip() == "1":
        return " (AppArmor forbids user namespaces here: allow them for bwrap in a profile, or run as root)"
    return ""


def _probe(level: Level, work_dir: Path) -> dict[str, Any]:
    """Run the probe in a session of its own, through the real zygote.

    :raises OSError, EOFError: it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="longwire-probe-", dir=work_dir) as directory:
        secret = Path(directory, "secret")
        secret.write_text("x")
        control, theirs = wire.pair()
        control.settimeout(_WITHIN)
        with socket.create_server(("127.0.0.1", 0)) as host, control:
            process = _start(level, Path(directory), theirs)
            try:
                limits = Limits(work_mb=4)
                arguments = [str(secret), str(host.getsockname()[1]), str(limits.work_mb)]
                return _ask(control, level, limits, arguments)
            except (OSError, EOFError) as error:
                process.kill()
                said = (process.communicate(timeout=5)[1] or b"").decode(errors="replace").strip()
                raise OSError(said[-_MOST_ADVICE:] or str(error)) from error
            finally:
                process.kill()
                process.communicate(timeout=5)


def _start(level: Level, cache: Path, theirs: socket.socket) -> "subprocess.Popen[bytes]":
    command, descriptors = client.command(level, (), system.python_places(), cache, theirs.fileno())
    try:
        return subprocess.Popen(
            command,
            env={**client.environment(), "LONGWIRE_PROBE_SECRET": "x"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(theirs.fileno(), *descriptors),
        )
    finally:
        theirs.close()
        for descriptor in descriptors:
            os.close(descriptor)


def _ask(control: socket.socket, level: Level, limits: Limits, arguments: list[str]) -> dict[str, Any]:
    wire.receive(control)
    session, inside = wire.pair()
    session.settimeout(_WITHIN)
    uid = 61_000 if level == "full" else None
    with session:
        with inside:
            wire.send(control, {"fork": 0, "uid": uid}, [inside.fileno()])
        said = {
            "argv": [sys.executable, "-c", _PROBE, *arguments],
            "connection": {},
            "ip": "/run/session/k",
            "limits": asdict(limits),
            "environment": system.ENVIRONMENT,
            "proxy": False,
            "places": [str(place) for place in system.python_places() if place.is_relative_to("/tmp")],  # noqa: S108
        }
        reader, writer = os.pipe()
        with os.fdopen(reader) as answer:
            wire.send(session, said, [writer])
            os.close(writer)
            ready, opened = wire.receive(session)
            for descriptor in opened:
                os.close(descriptor)
            if not ready.get("ready"):
                raise OSError(str(ready.get("error")))
            found: dict[str, Any] = json.loads(answer.read())
            return found
