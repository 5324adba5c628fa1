"""From parts and app.py to one template."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from infra import package, parts


def test_parts_become_one_template(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("Resources: {A: {Type: X}}\nOutputs: {Of: {Value: 1}}")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.yaml").write_text("Resources: {B: {Type: Y}}")
    assert parts.join(tmp_path) == {
        "Resources": {"A": {"Type": "X"}, "B": {"Type": "Y"}},
        "Outputs": {"Of": {"Value": 1}},
    }


def test_what_two_parts_define_is_named(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("Resources: {Queue: {Type: X}}")
    with pytest.raises(parts.PartError, match=r"b\.yaml: Resources has Queue"):
        parts.join(tmp_path)


@pytest.mark.parametrize("text", ["Resources: [", "- a list", "Resources: text"])
def test_what_is_no_part_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(parts.PartError, match=r"a\.yaml"):
        parts.join(tmp_path)


def template() -> dict[str, Any]:
    return {
        "Resources": {
            "WebsocketAPI": {"Type": "AWS::ApiGatewayV2::Api"},
            "WebsocketMessageRoute": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"RouteKey": "a"}},
            "WebsocketAPIDeployment": {"Type": "AWS::ApiGatewayV2::Deployment"},
            "WebsocketAPIStage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {}},
        }
    }


def deployed(template: dict[str, Any]) -> str:
    resources = package.finished(template)["Resources"]
    name = resources["WebsocketAPIStage"]["Properties"]["DeploymentId"]["Ref"]
    assert resources[name]["Type"] == "AWS::ApiGatewayV2::Deployment"
    return str(name)


def test_other_routes_are_deployed_anew_and_the_same_are_not() -> None:
    other = copy.deepcopy(template())
    other["Resources"]["WebsocketMessageRoute"]["Properties"]["RouteKey"] = "b"
    assert deployed(template()) == deployed(template()) != deployed(other)


def test_rules_of_security_groups_are_described_as_ec2_takes_it() -> None:
    """EC2 API reference, IpRange: other characters are refused, which no linter knows."""
    groups = [
        resource["Properties"]
        for resource in parts.join(parts.FOLDER)["Resources"].values()
        if resource.get("Type") == "AWS::EC2::SecurityGroup"
    ]
    texts = [rule["Description"] for group in groups for rule in group["SecurityGroupEgress"]]
    texts += [group["GroupDescription"] for group in groups]
    assert texts
    for text in texts:
        assert re.fullmatch(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", text), text
