"""The page about deploying tells the template as it is; and what the template must have."""

import subprocess
from pathlib import Path
from typing import Any

from infra import described, parts
from infra.deploy import artifacts

ROOT = Path(__file__).resolve().parents[2]


def test_the_pages_tables_are_those_of_the_template() -> None:
    page = described.PAGE.read_text()
    assert described.renewed(page) == page, "python -m infra.described renews it"
    assert "| `WarmPlaces` |" in page
    assert "SQS::Queue: PoolQueue" in page


def _script() -> str:
    template = parts.read(parts.FOLDER / "devices.yaml")["Resources"]["DeviceTemplate"]
    script: str = template["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
    return script


def test_what_an_instance_runs_is_bash_with_the_locked_boto3() -> None:
    install = ROOT / "infra" / "devices" / "install.sh"
    for script in (_script(), install.read_text()):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    locked = (ROOT / "requirements" / "agent.txt").read_text().splitlines()
    [boto3] = [line for line in locked if line.startswith("boto3==")]
    assert f"pip install -q {boto3}\n" in _script()


def test_the_same_files_make_the_same_bundle(tmp_path: Path) -> None:
    wheel = tmp_path / "longwire-0.whl"
    wheel.write_bytes(b"one")
    first = artifacts.bundle(wheel)
    assert artifacts.bundle(wheel) == first
    wheel.write_bytes(b"two")
    assert artifacts.bundle(wheel) != first


def test_nothing_comes_in_to_a_device_and_its_metadata_is_guarded(resources: dict[str, Any]) -> None:
    group = resources["DeviceSecurityGroup"]["Properties"]
    assert "SecurityGroupIngress" not in group
    assert [rule["ToPort"] for rule in group["SecurityGroupEgress"]] == [443]
    metadata = resources["DeviceTemplate"]["Properties"]["LaunchTemplateData"]["MetadataOptions"]
    assert (metadata["HttpTokens"], metadata["HttpPutResponseHopLimit"]) == ("required", 1)


def test_no_log_of_the_apis_holds_what_could_be_a_token(resources: dict[str, Any]) -> None:
    formats = (
        resources["RestAPI"]["Properties"]["AccessLogSetting"]["Format"],
        resources["WebsocketAPIStage"]["Properties"]["AccessLogSettings"]["Format"],
    )
    for text in formats:
        assert not any(word in text for word in ("querystring", "header", "$context.path", "authorizer"))


def test_permalinks_outlive_their_stack_and_can_be_recovered(resources: dict[str, Any]) -> None:
    table = resources["PermalinksTable"]
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["Properties"]["DeletionProtectionEnabled"]
