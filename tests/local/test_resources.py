"""From the resources file to tables, queues and buckets, on real processes."""

import asyncio
from pathlib import Path

import pytest

from infra.local import resources
from infra.local.aws import Endpoints
from infra.local.errors import ResourcesError
from infra.local.stack import PREFIX
from infra.parts import BUFFERS

from .conftest import storage

FILE = """
Resources:
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: {"Fn::Sub": "${AWS::StackName}-items"}
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: b, AttributeType: S}]
      KeySchema: [{AttributeName: a, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - {IndexName: by_b, KeySchema: [{AttributeName: b, KeyType: HASH}], Projection: {ProjectionType: ALL}}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
  Work:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: {"Fn::Join": ["-", [{Ref: "AWS::StackName"}, work]]}
      VisibilityTimeout: 7
      RedrivePolicy: {deadLetterTargetArn: {"Fn::GetAtt": [Dead, Arn]}, maxReceiveCount: 3}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: {"Fn::Sub": "${AWS::StackName}-dead"}}
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: {"Fn::Sub": "${AWS::StackName}-files"}
      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET], AllowedOrigins: ["*"], MaxAge: 60}]}
      LifecycleConfiguration: {Rules: [{Id: gone, Status: Enabled, ExpirationInDays: 1}]}
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: {"Fn::GetAtt": [Nothing, Arn]}}
  MadeByChalice:
    Properties: {Policies: []}
"""


async def test_everything_is_made_and_made_again(queues: str, tmp_path: Path) -> None:
    path = tmp_path / "resources.yaml"
    path.write_text(FILE)
    async with storage(tmp_path / "state", queues) as started:
        for _ in range(2):
            names = await asyncio.to_thread(resources.create, path, PREFIX, started.endpoints)
            assert sorted(names) == [f"{PREFIX}-{name}" for name in ("dead", "files", "items", "work")]
        await asyncio.to_thread(check, started.endpoints)


def check(endpoints: Endpoints) -> None:
    dynamodb, sqs, s3 = (endpoints.client(name) for name in ("dynamodb", "sqs", "s3"))
    table = dynamodb.describe_table(TableName=f"{PREFIX}-items")["Table"]
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == "by_b"
    ttl = dynamodb.describe_time_to_live(TableName=f"{PREFIX}-items")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    url = sqs.get_queue_url(QueueName=f"{PREFIX}-work")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "7"
    assert f"{PREFIX}-dead" in attributes["RedrivePolicy"]
    assert s3.get_bucket_cors(Bucket=f"{PREFIX}-files")["CORSRules"][0]["MaxAgeSeconds"] == 60
    rules = s3.get_bucket_lifecycle_configuration(Bucket=f"{PREFIX}-files")["Rules"]
    assert rules[0]["Expiration"]["Days"] == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Resources: {Topic: {Type: AWS::SNS::Topic}}", "AWS::SNS::Topic"),
        (
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: {'Fn::Select': [0, [a]]}}}}",
            "Fn::Select",
        ),
        ("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: {Ref: Elsewhere}}}}", "Elsewhere"),
        ("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {}}}", "QueueName"),
        ("Nothing: here", "Resources"),
        ("Resources: [", "resources.yaml"),
    ],
)
def test_what_is_not_known_is_named(
    stack_of_nothing: Endpoints, tmp_path: Path, text: str, name: str
) -> None:
    path = tmp_path / "resources.yaml"
    path.write_text(text)
    with pytest.raises(ResourcesError, match=name):
        resources.create(path, PREFIX, stack_of_nothing)


@pytest.fixture
def stack_of_nothing() -> Endpoints:
    return Endpoints("http://127.0.0.1:9", "http://127.0.0.1:9")


def test_the_projects_own_parts_are_understood() -> None:
    template = resources.read(BUFFERS)
    resolved = resources.Template(template, PREFIX)
    for resource in template.values():
        assert PREFIX in str(resolved.resolve(resource.properties, resource.logical_id))
