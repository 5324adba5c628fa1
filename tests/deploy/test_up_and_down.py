"""One command up, one command down, in an account of moto's (which has no Lambda: a smaller template)."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib import enrolment, permalinks
from infra import package, parts
from infra.deploy import devices, down, parameters, place, stack, up
from infra.deploy.errors import NotConfirmed, StackFailed, UnknownParameter
from infra.deploy.place import Place

OWN = """
Parameters:
  EdgeSecret: {Type: String, NoEcho: true}
  AllowedOrigins: {Type: String, Default: "*"}
  OidcIssuer: {Type: String, Default: ""}
  OidcAudience: {Type: String, Default: ""}
  Permalinks: {Type: String, Default: made}
  ApiGatewayLogRole: {Type: String, Default: made}
  Devices: {Type: String, Default: one}
  Pool: {Type: String, Default: default}
  ArtifactBucket: {Type: String}
  AgentKey: {Type: String}
Conditions:
  MakesPermalinks: {"Fn::Equals": [{Ref: Permalinks}, made]}
Resources:
  WebBucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: {"Fn::Sub": "${AWS::StackName}-web-${AWS::AccountId}-${AWS::Region}"}
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: {"Fn::Sub": "/longwire/${AWS::StackName}/api"}}
"""
WEB_BUCKET = "longwire-test-web-123456789012-us-east-1"
# moto tells no outputs of a stack that a change set has made.
OUTPUTS = {"Url": "https://cells.test", "DistributionId": "E1", "WebBucketName": WEB_BUCKET}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(stack, "POLL_SECONDS", 0.0)
    with mock_aws():
        yield


@pytest.fixture
def test_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    """A stage whose package is a small one, and whose CloudFront is not asked."""
    (tmp_path / "own.yaml").write_text(OWN)
    small = parts.read(tmp_path / "own.yaml")
    small["Resources"] |= parts.join(parts.BUFFERS)["Resources"]
    # moto knows RetainExceptOnCreate by no other name.
    small["Resources"]["PermalinksTable"]["DeletionPolicy"] = "Retain"
    small["Resources"]["PermalinksTable"]["Properties"]["TableName"] = {
        "Fn::Sub": "${AWS::StackName}-permalinks"
    }

    def build(_stage: str) -> Path:
        (tmp_path / "deployment.zip").write_bytes(b"zip")
        path = tmp_path / "template.json"
        path.write_text(json.dumps(small))
        return path

    monkeypatch.setattr(package, "build", build)
    monkeypatch.setattr(up.site, "invalidate", lambda *_: None)
    find = stack.find
    monkeypatch.setattr(
        stack, "find", lambda where: (found := find(where)) and replace(found, outputs=OUTPUTS)
    )
    return place.find("test", boto3.Session(region_name="us-east-1"))


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    for name in ("index.html", "frame.html", "cell.js", "assets/a-1.js"):
        (dist / name).write_text(name)
    upload = up.site.upload
    monkeypatch.setattr(up.site, "upload", lambda *arguments: upload(*arguments, dist=dist))


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "longwire-0-py3-none-any.whl"
    path.write_bytes(b"wheel")
    return path


def deployed(stage: Place, wheel: Path, **chosen: str) -> tuple[stack.Stack, list[str]]:
    said: list[str] = []
    return up.deploy(stage, chosen, wheel, said.append), said


@pytest.mark.usefixtures("page")
def test_a_stage_comes_up_with_its_page_and_a_token_for_its_devices(test_stage: Place, wheel: Path) -> None:
    made, said = deployed(test_stage, wheel)

    assert made.status == "CREATE_COMPLETE"
    assert any(line.startswith("CREATE_COMPLETE") for line in said)
    s3, bucket = test_stage.client("s3"), WEB_BUCKET
    asset = s3.head_object(Bucket=bucket, Key="assets/a-1.js")
    assert (asset["ContentType"], asset["CacheControl"]) == (
        "text/javascript; charset=utf-8",
        "public, max-age=31536000, immutable",
    )
    assert s3.head_object(Bucket=bucket, Key="index.html")["CacheControl"] == "no-cache"
    config = json.loads(s3.get_object(Bucket=bucket, Key="config.json")["Body"].read())
    assert config == {"api": "https://cells.test/api", "websocket": "wss://cells.test/ws", "origins": []}
    token = devices.token(test_stage)
    assert token is not None
    assert enrolment.redeem(devices.clients(test_stage), token).labels == ("ec2",)
    parameter = test_stage.client("ssm").get_parameter(Name=test_stage.token_parameter)["Parameter"]
    assert parameter["Type"] == "SecureString"


@pytest.mark.usefixtures("page")
def test_the_page_knows_where_its_readers_sign_in(test_stage: Place, wheel: Path) -> None:
    deployed(test_stage, wheel, OidcIssuer="https://accounts.test", OidcAudience="page")

    config = test_stage.client("s3").get_object(Bucket=WEB_BUCKET, Key="config.json")["Body"].read()
    assert json.loads(config)["sign_in"] == {"issuer": "https://accounts.test", "client_id": "page"}


@pytest.mark.usefixtures("page")
def test_a_later_deployment_keeps_what_was_chosen_and_renews_the_token(
    test_stage: Place, wheel: Path
) -> None:
    deployed(test_stage, wheel, Pool="gpu", AllowedOrigins="https://a.test")
    first = devices.token(test_stage)

    made, _ = deployed(test_stage, wheel)

    assert made.parameters["Pool"] == "gpu"
    assert made.parameters["AllowedOrigins"] == "https://a.test,https://cells.test"
    assert first is not None
    assert devices.token(test_stage) != first
    with pytest.raises(enrolment.NotAuthorized):
        enrolment.redeem(devices.clients(test_stage), first)


@pytest.mark.usefixtures("page")
def test_a_stage_without_instances_has_no_token(test_stage: Place, wheel: Path) -> None:
    deployed(test_stage, wheel, Devices="none")
    assert devices.token(test_stage) is None


def names(stage: Place) -> set[str]:
    """What there is in the account."""
    tables = stage.client("dynamodb").list_tables()["TableNames"]
    queues = stage.client("sqs").list_queues().get("QueueUrls", [])
    buckets = [one["Name"] for one in stage.client("s3").list_buckets()["Buckets"]]
    logs = [one["logGroupName"] for one in stage.client("logs").describe_log_groups()["logGroups"]]
    return {*tables, *queues, *buckets, *logs}


@pytest.mark.usefixtures("page")
def test_destroying_leaves_nothing(test_stage: Place, wheel: Path) -> None:
    deployed(test_stage, wheel)
    aws = devices.clients(test_stage)
    aws.sqs.create_queue(QueueName=aws.settings.device_queue("one"))
    permalinks.store(aws, {"code": "1"})

    down.destroy(test_stage, "test", "", lambda _: None)

    assert names(test_stage) == set()
    assert devices.token(test_stage) is None
    assert stack.find(test_stage) is None
    down.destroy(test_stage, "test", "", lambda _: None)  # once more does no harm


@pytest.mark.usefixtures("page")
def test_kept_permalinks_are_taken_over_by_the_next_stack(test_stage: Place, wheel: Path) -> None:
    deployed(test_stage, wheel)
    aws = devices.clients(test_stage)
    link = permalinks.store(aws, {"code": "1"})

    down.destroy(test_stage, "test", "permalinks", lambda _: None)
    assert names(test_stage) == {f"{test_stage.stack}-permalinks"}
    made, _ = deployed(test_stage, wheel)

    assert made.parameters["Permalinks"] == "kept"
    assert permalinks.load(aws, link) == {"code": "1"}


@pytest.mark.usefixtures("page")
def test_nothing_is_destroyed_unless_the_stage_is_named_again(test_stage: Place, wheel: Path) -> None:
    deployed(test_stage, wheel)
    before = names(test_stage)
    with pytest.raises(NotConfirmed, match="CONFIRM=test"):
        down.destroy(test_stage, "", "", lambda _: None)
    assert names(test_stage) == before


def test_a_parameter_that_there_is_not_is_named(test_stage: Place, wheel: Path) -> None:
    with pytest.raises(UnknownParameter, match="there is no Device; did you mean Devices"):
        deployed(test_stage, wheel, Device="scaled")
    with pytest.raises(UnknownParameter, match="scaled must be NAME=VALUE"):
        parameters.parse("Devices=one scaled")


def test_a_stack_that_could_not_be_made_has_to_be_destroyed_first(
    test_stage: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = stack.Stack("ROLLBACK_COMPLETE", {}, {})
    monkeypatch.setattr(stack, "find", lambda _: failed)
    with pytest.raises(StackFailed, match="make destroy STAGE=test"):
        stack.apply(test_stage, "https://x.test", [], lambda _: None)


class Told:
    """Stands for CloudFormation: a stack whose making fails."""

    def __init__(self) -> None:
        self.statuses = iter(["CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"])

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": next(self.statuses)}]}

    def get_paginator(self, _: str) -> "Told":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        event = {"EventId": "1", "LogicalResourceId": "WebBucket", "ResourceStatus": "CREATE_FAILED"}
        reason = {"ResourceStatusReason": "the name is taken", "Timestamp": datetime.now(UTC)}
        return [{"StackEvents": [event | reason]}]


def test_a_failure_tells_which_resource_failed_and_why(
    test_stage: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    monkeypatch.setattr(Place, "client", lambda *_: told)
    said: list[str] = []
    with pytest.raises(StackFailed, match="WebBucket: the name is taken"):
        stack._follow(test_stage, "id", 0.0, said.append)
    assert len(said) == 1


def test_the_region_may_be_said_as_every_other_tool_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    assert place.find("test").region == "eu-west-1"


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"])
@pytest.mark.usefixtures("page")
def test_a_stack_that_cannot_be_changed_any_more_is_said_to_be_destroyed_first(
    test_stage: Place, wheel: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    deployed(test_stage, wheel)
    find = stack.find
    monkeypatch.setattr(stack, "find", lambda where: (found := find(where)) and replace(found, status=status))

    with pytest.raises(StackFailed, match="make destroy STAGE=test"):
        deployed(test_stage, wheel)


def test_the_accounts_log_role_is_made_anew_when_its_setting_names_one_that_is_gone(
    test_stage: Place,
) -> None:
    apigateway, iam = test_stage.client("apigateway"), test_stage.client("iam")
    assert parameters.found_out(test_stage, is_new=True)["ApiGatewayLogRole"] == "made"
    role = iam.create_role(RoleName="logs", AssumeRolePolicyDocument="{}")["Role"]
    value = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role["Arn"]}
    apigateway.update_account(patchOperations=[value])
    assert parameters.found_out(test_stage, is_new=True)["ApiGatewayLogRole"] == "kept"

    iam.delete_role(RoleName="logs")

    assert parameters.found_out(test_stage, is_new=True)["ApiGatewayLogRole"] == "made"
