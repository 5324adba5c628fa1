"""The parts of the host owner's tool: capacity, control socket, log, status, what systemd is told."""

import asyncio
import errno
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from device_agent import control, joining, logs, machine, notify, room, status
from device_agent.commands import logs as logs_command
from device_agent.commands.run import at_level
from device_agent.errors import (
    AgentError,
    AlreadyRunning,
    ClockSkewed,
    Gone,
    Misconfigured,
    NotRunning,
    Refused,
    Revoked,
    TooOld,
    Unreachable,
)
from device_agent.policy import Policy
from device_agent.router import Router, _error
from device_agent.sandbox.levels import Finding, Level, Report
from device_agent.settings import AgentSettings, Capacity
from device_agent.status import Status


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with 4 cores and 8,000 MB of memory, 1,000 of them free."""
    monkeypatch.setattr(machine, "cores", lambda: 4.0)
    monkeypatch.setattr(machine, "memory_mb", lambda: 8000)
    monkeypatch.setattr(machine, "free_memory_mb", lambda: 1000)


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("capacity", "fit"),
    [
        (Capacity(sessions=5), 5),
        (Capacity(sessions=1000), 80),  # by memory
        (Capacity(sessions=1000, memory_mb=2000), 20),
        (Capacity(sessions=1000, memory_mb=1_000_000), 80),  # not more than the host has
        (Capacity(sessions=1000, sessions_per_core=2), 8),
        (Capacity(sessions=1000, cores=0.5, sessions_per_core=4), 2),
        (Capacity(sessions=1000, session_memory_mb=100_000), 1),
    ],
)
def test_as_many_sessions_fit_as_number_memory_and_cores_allow(capacity: Capacity, fit: int) -> None:
    assert room.sessions_that_fit(capacity) == fit


@pytest.mark.usefixtures("host")
def test_no_session_is_claimed_while_memory_is_short() -> None:
    assert room.has_memory(Capacity(free_memory_mb=1000))
    assert not room.has_memory(Capacity(free_memory_mb=1001))


def test_the_machine_tells_sane_figures() -> None:
    assert 0 < machine.cores() <= (os.cpu_count() or 1)
    assert 0 < machine.free_memory_mb() <= machine.memory_mb()
    assert machine.load() >= 0


def test_no_memory_is_free_while_that_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(machine.psutil, "virtual_memory", fails)
    assert machine.free_memory_mb() == 0


# Levels


_FINDINGS = (Finding("bubblewrap", False, "apt-get install bubblewrap"), Finding("seccomp", True, "fine"))


def _settings(tmp_path: Path, asked: Level | None) -> AgentSettings:
    return AgentSettings("", tmp_path, sandbox_asked=asked)


@pytest.mark.parametrize(
    ("asked", "can", "runs"),
    [(None, "full", "full"), (None, "rootless", "rootless"), ("rootless", "full", "rootless")],
)
def test_sessions_run_at_the_level_asked_for_else_at_the_strongest(
    tmp_path: Path, asked: Level | None, can: Level, runs: Level
) -> None:
    assert at_level(_settings(tmp_path, asked), Report(can, _FINDINGS)).sandbox == runs


@pytest.mark.parametrize(("asked", "can"), [(None, "none"), ("full", "rootless"), ("rootless", "none")])
def test_a_host_that_cannot_do_what_is_asked_is_told_what_is_missing(
    tmp_path: Path, asked: Level | None, can: Level
) -> None:
    with pytest.raises(Misconfigured) as caught:
        at_level(_settings(tmp_path, asked), Report(can, _FINDINGS))

    words = str(caught.value)
    assert "bubblewrap: apt-get install bubblewrap" in words
    assert "seccomp" not in words
    assert "--sandbox=none by name" in words


def test_what_a_pool_does_not_say_is_as_by_default() -> None:
    assert joining.policy_of({}) == Policy()
    told = joining.policy_of({"sandbox": "full", "network": ["a.test"], "later": 1})
    assert told == Policy(sandbox="full", network=("a.test",))


@pytest.mark.parametrize(("skew", "words"), [(300, "300 s ahead of"), (-300, "300 s behind")])
def test_a_clock_that_aws_would_not_take_is_named(skew: float, words: str) -> None:
    joining.check_clock(100)
    with pytest.raises(ClockSkewed, match=words):
        joining.check_clock(skew)


# What the service answers


@pytest.mark.parametrize(
    ("status_code", "content", "kind"),
    [
        (401, {"ename": "NotAuthorized", "evalue": "no"}, Refused),
        (403, {"ename": "DeviceRevoked", "evalue": "stolen"}, Revoked),
        (426, {"ename": "AgentTooOld", "evalue": "old"}, TooOld),
        (409, {"ename": "StaleLease", "evalue": ""}, Gone),
        (404, {"ename": "SessionNotFound", "evalue": ""}, Gone),
        (404, {}, Unreachable),
        (403, {"message": "Missing Authentication Token"}, Unreachable),
        (301, {}, Unreachable),
        (500, {}, AgentError),
    ],
)
def test_every_refusal_has_its_own_kind(status_code: int, content: dict[str, Any], kind: type) -> None:
    assert type(_error("/path", status_code, content)) is kind


def test_the_kinds_that_end_an_agent_have_exit_codes_of_their_own() -> None:
    kinds = [kind for kind in AgentError.__subclasses__() if kind.exit_code != 1]
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes) == 11


def test_a_service_that_does_not_answer_is_network_trouble() -> None:
    with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1/api does not answer"):
        Router("http://127.0.0.1:1/api").call("/health", None)


# The control socket


async def _echo(request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    for number in range(request["times"]):
        yield {"number": number}


def _ask(state: Path, request: dict[str, Any]) -> list[dict[str, Any]]:
    return list(control.ask(state, request))


async def test_commands_are_answered_also_in_directories_with_long_names(tmp_path: Path) -> None:
    state = tmp_path / ("long" * 50)
    state.mkdir()
    ear = control.Control(_echo)
    await ear.open(state)
    try:
        answers = await asyncio.to_thread(_ask, state, {"times": 3})
        nonsense: Any = [1]
        assert await asyncio.to_thread(_ask, state, nonsense) == []
        assert await asyncio.to_thread(_ask, state, {"times": 0}) == []
    finally:
        await ear.close()
    assert [answer["number"] for answer in answers] == [0, 1, 2]
    assert (state / "control.sock").stat().st_mode & 0o077 == 0


async def test_what_a_killed_agent_left_is_replaced(tmp_path: Path) -> None:
    old = socket.socket(socket.AF_UNIX)
    old.bind(str(tmp_path / "control.sock"))
    old.close()
    with pytest.raises(NotRunning):
        await asyncio.to_thread(_ask, tmp_path, {"times": 1})

    ear = control.Control(_echo)
    await ear.open(tmp_path)
    assert await asyncio.to_thread(_ask, tmp_path, {"times": 1}) == [{"number": 0}]
    await ear.close()


def test_where_no_agent_ever_ran_none_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        _ask(tmp_path / "nowhere", {"times": 1})


def test_a_state_directory_has_one_agent_and_is_free_when_that_has_ended(tmp_path: Path) -> None:
    hold = (
        "import sys, pathlib; from device_agent import control\n"
        "with control.only_one(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning, match=str(holder.pid)), control.only_one(tmp_path):
            pass
        assert not control.wait_until_free(tmp_path, 0.1)
        holder.kill()
    assert control.wait_until_free(tmp_path, 5)


# The log


def _record(message: str, **more: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "device_agent", "msg": message, "levelname": "INFO", **more})


def test_a_line_of_the_log_is_json_with_time_level_and_traceback() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = _record("it is %s", args=("so",), exc_info=sys.exc_info())

    line = logs.JsonLines().format(record)

    assert "\n" not in line
    content = json.loads(line)
    assert (content["message"], content["level"]) == ("it is so", "INFO")
    assert content["error"].endswith("ValueError: broken")
    assert "it is so\nTraceback" in logs.in_words(line)


@pytest.mark.parametrize("formatter", [logs.JsonLines(), logs.Plain()])
def test_a_secret_is_in_no_line(formatter: logging.Formatter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_secrets", [])
    logs.hide("s3cret")
    logs.hide("")
    try:
        raise ValueError("with s3cret")
    except ValueError:
        record = _record("token %s", args=("s3cret",), exc_info=sys.exc_info())

    assert "s3cret" not in formatter.format(record)
    assert "***" in formatter.format(record)


def test_the_last_lines_are_shown_also_from_older_files(tmp_path: Path) -> None:
    file = tmp_path / "agent.jsonl"
    file.with_name("agent.jsonl.2").write_text("1\n2\n")
    file.with_name("agent.jsonl.1").write_text("3\n4\n")
    file.write_text("5\n")

    assert list(logs_command.tail(file, 4, follow=False)) == ["2", "3", "4", "5"]
    assert list(logs_command.tail(file, 0, follow=False)) == []


def test_following_goes_on_when_the_file_is_renewed(tmp_path: Path) -> None:
    file = tmp_path / "agent.jsonl"
    file.write_text("1\n")
    following = logs_command.tail(file, 1, follow=True)
    assert next(following) == "1"
    with file.open("a") as opened:
        opened.write("2\n")
    assert next(following) == "2"
    file.rename(file.with_name("agent.jsonl.1"))
    file.write_text("3\n")
    assert next(following) == "3"
    following.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"time": 1}', "plain"])
def test_what_is_no_line_of_ours_is_shown_as_it_is(line: str) -> None:
    assert logs.in_words(line) == line


# The status


def test_the_status_of_the_last_agent_is_kept(tmp_path: Path) -> None:
    now = Status(state="online", labels=("a",), sessions=3)
    now.save(tmp_path)
    assert status.last(tmp_path) == now
    (tmp_path / "status.json").write_text('{"state": "x", "of_a_newer_version": 1}')
    assert status.last(tmp_path).state == "x"


@pytest.mark.parametrize("content", ["", "[]", "null", '{"labels": 1}'])
def test_a_broken_status_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "status.json").write_text(content)
    assert status.last(tmp_path) == Status()


def test_a_status_that_cannot_be_kept_does_no_harm(tmp_path: Path) -> None:
    Status().save(tmp_path / "nowhere")


# systemd


async def test_systemd_is_told_and_its_watchdog_fed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(5)
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        notify.notify("READY=1")
        assert manager.recv(100) == b"READY=1"
        feeding = asyncio.create_task(notify.keep_alive())
        for _ in range(3):
            assert await asyncio.to_thread(manager.recv, 100) == b"WATCHDOG=1"
        feeding.cancel()


async def test_without_systemd_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    notify.notify("READY=1")
    await asyncio.wait_for(notify.keep_alive(), 1)


def test_a_service_manager_that_is_gone_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify.notify("READY=1")
