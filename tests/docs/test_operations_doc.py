"""docs/operations.md has a section for every alarm of the template, and its commands do what it says."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from device_agent.cli import parser
from infra import parts
from tests.contract.conftest import Operate, clock, cloud, operate, world
from tests.contract.world import World

__all__ = ["clock", "cloud", "operate", "world"]

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S) for line in block.splitlines()]


def _alarms() -> set[str]:
    """The names of the template's alarms, without the stack's."""
    resources: dict[str, Any] = parts.join(parts.FOLDER)["Resources"]
    kinds = {"AWS::CloudWatch::Alarm": ("AlarmName",), "AWS::Budgets::Budget": ("Budget", "BudgetName")}
    names = set()
    for one in resources.values():
        if path := kinds.get(one.get("Type")):
            value = one["Properties"]
            for name in path:
                value = value[name]
            names.add(value["Fn::Sub"].removeprefix("${AWS::StackName}-"))
    return names


def _sections() -> dict[str, str]:
    """What is said of each alarm, by its name."""
    part = TEXT.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    told = {}
    for heading, words in re.findall(r"^### (.*)\n((?:(?!^### ).*\n?)*)", part, re.M):
        told |= dict.fromkeys(re.findall(r"`([a-z-]+)`", heading), words)
    return told


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    assert _sections().keys() == _alarms()


@pytest.mark.parametrize("name", sorted(_alarms()))
def test_a_section_says_what_it_means_who_sees_it_where_to_look_and_what_to_do(name: str) -> None:
    labels = re.findall(r"^\*\*(.+?):\*\* \S", _sections()[name], re.M)
    assert labels == ["Means", "Readers see", "Look", "Do"]


def test_the_operators_commands_do_what_they_say(world: World, operate: Operate) -> None:
    device = world.device()
    said = []
    for line in LINES:
        program, *words = shlex.split(line.replace(" ID ", f" {device.device_id} "))
        if program == "longwire-agent":
            parser().parse_args(words)
            continue
        assert (program, words[:2]) == ("python", ["-m", "infra.operator"])
        said.append(operate(*words[2:]))
    assert device.device_id in said[0]
    assert "is revoked" in said[2]
    assert all("the copy had 0 cells" in text for text in said[3:])
