"""The unit and its drop-in are what systemd takes, and restart the agent where that helps."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from device_agent import config
from device_agent.errors import AgentError, ClockSkewed, NotRunning, RunOver, Unreachable
from device_agent.settings import AgentSettings

UNITS = Path(__file__).resolve().parents[2] / "infra" / "systemd"
UNIT = UNITS / "longwire-agent.service"
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


def _values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


@needs_systemd
def test_systemd_takes_the_unit_as_it_is(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/longwire-agent", "/bin/true"))
    drop_in = tmp_path / f"{UNIT.name}.d"
    drop_in.mkdir()
    shutil.copy(UNITS / "rootless.conf", drop_in)

    done = subprocess.run(["systemd-analyze", "verify", unit], text=True, capture_output=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
def test_the_unit_is_no_more_exposed_than_its_sandbox_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=52", UNIT],
        text=True, capture_output=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


def test_it_starts_again_only_where_that_may_help() -> None:
    final = {int(code) for code in _values("RestartPreventExitStatus")[0].split()}
    passing = {Unreachable, ClockSkewed, RunOver}
    for kind in AgentError.__subclasses__():
        if kind.exit_code != 1 and kind is not NotRunning:
            assert (kind.exit_code in final) == (kind not in passing), kind
    assert 0 in final
    assert 1 not in final


def test_what_runs_may_end_before_systemd_kills() -> None:
    assert int(_values("TimeoutStopSec")[0]) >= AgentSettings.drain_timeout + 30
    assert _values("Delegate") == ["yes"]
    assert _values("Type") == ["notify"]


def test_its_settings_are_in_the_directories_that_systemd_makes() -> None:
    settings = config.read({}, {"config": str(UNITS / "agent.toml")})

    assert str(settings.state_dir) == f"/var/lib/{_values('StateDirectory')[0]}"
    assert str(settings.work_dir) == f"/run/{_values('RuntimeDirectory')[0]}"


def test_the_drop_in_takes_every_capability() -> None:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / "rootless.conf")
    assert parser["Service"]["CapabilityBoundingSet"] == ""
    assert parser["Service"]["User"] == "longwire"
