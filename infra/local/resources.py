"""Makes the tables, queues and buckets of parts of the template through boto3, again and again."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra import parts
from infra.local.aws import ACCOUNT_ID, REGION, Endpoints
from infra.local.errors import ResourcesError

Properties = dict[str, Any]

# What decides over access or is recovery on AWS has no meaning on this machine.
IGNORED_TYPES = frozenset(
    (
        "AWS::IAM::Role",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::InstanceProfile",
        "AWS::Logs::LogGroup",
        "AWS::SQS::QueuePolicy",
        "AWS::S3::BucketPolicy",
        "AWS::CloudWatch::Alarm",
    )
)
TABLE_FIELDS = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)
QUEUE_FIELDS = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)


@dataclass(frozen=True)
class Resource:
    """One resource of the parts that the local stack makes."""

    logical_id: str
    type: str
    properties: Properties


def create(path: Path, stack_name: str, endpoints: Endpoints) -> list[str]:
    """Make what a part, or a folder of parts, describes; what exists already is brought up to date.

    Return the physical names.

    Raises ResourcesError, which names the resource type, the property or the intrinsic that is not known.
    """
    resources = read(path)
    template = Template(resources, stack_name)
    makers: dict[str, Callable[[Properties, Endpoints], str]] = {
        "AWS::SQS::Queue": _queue,
        "AWS::DynamoDB::Table": _table,
        "AWS::S3::Bucket": _bucket,
    }
    made = []
    # Queues first, those without a dead-letter queue before those that name one.
    ordered = sorted(
        resources.values(), key=lambda one: (one.type, "RedrivePolicy" in one.properties), reverse=False
    )
    for resource in ordered:
        properties = template.resolve(resource.properties, resource.logical_id)
        try:
            made.append(makers[resource.type](properties, endpoints))
        except ClientError as error:
            raise ResourcesError(f"{resource.logical_id} ({resource.type}): {error}") from error
        except KeyError as error:
            raise ResourcesError(f"{resource.logical_id} ({resource.type}) lacks {error}") from error
    return made


def read(path: Path) -> dict[str, Resource]:
    """Return the resources of a part, or of a folder of parts, without those that mean nothing here.

    An entry without a type changes something that Chalice makes; it is left out too. Raises ResourcesError.
    """
    try:
        content = parts.join(path) if path.is_dir() else parts.read(path)
        entries = content["Resources"]
    except (parts.PartError, KeyError) as error:
        raise ResourcesError(f"{path} has no Resources to read: {error}") from error
    resources = {}
    for logical_id, entry in entries.items():
        kind = entry.get("Type")
        if kind is None or kind in IGNORED_TYPES:
            continue
        if kind not in ("AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket"):
            raise ResourcesError(f"{logical_id} in {path} is a {kind}, which the local stack does not know")
        resources[logical_id] = Resource(logical_id, kind, entry.get("Properties") or {})
    return resources


def name(path: Path, stack_name: str, logical_id: str) -> str:
    """Return the name that `create` gives a resource. Raises ResourcesError."""
    return str(Template(read(path), stack_name).resolve({"Ref": logical_id}, str(path)))


class Template:
    """Resolves the intrinsics of parts.

    :param names: what is known of others than `resources`, by what stands in `Ref` or `${...}`.
    """

    def __init__(
        self, resources: dict[str, Resource], stack_name: str, names: Mapping[str, str] | None = None
    ) -> None:
        self._resources = resources
        self._pseudo = {
            "AWS::StackName": stack_name,
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT_ID,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            **(names or {}),
        }

    def resolve(self, value: Any, where: str) -> Any:
        """Return `value` with every intrinsic replaced. Raises ResourcesError, naming `where`."""
        if isinstance(value, list):
            return [self.resolve(inner, where) for inner in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._ref(str(argument), where)
            if name == "Fn::Sub":
                return self._sub(argument, where)
            if name == "Fn::GetAtt":
                parts = argument if isinstance(argument, list) else str(argument).split(".")
                return self._attribute(parts[0], parts[1], where)
            if name == "Fn::Join":
                separator, parts = argument
                return str(separator).join(str(self.resolve(part, where)) for part in parts)
            if str(name).startswith("Fn::") or name == "Condition":
                raise ResourcesError(f"{where} uses {name}, which the local stack does not know")
        return {key: self.resolve(inner, f"{where}.{key}") for key, inner in value.items()}

    def _ref(self, name: str, where: str) -> str:
        if name in self._pseudo:
            return self._pseudo[name]
        return self._name(name, where)

    def _sub(self, argument: Any, where: str) -> str:
        if not isinstance(argument, str):
            raise ResourcesError(f"{where} uses Fn::Sub with a map, which the local stack does not know")

        def replace(match: re.Match[str]) -> str:
            logical_id, _, attribute = match[1].partition(".")
            return self._attribute(logical_id, attribute, where) if attribute else self._ref(match[1], where)

        return re.sub(r"\$\{([^}!]+)\}", replace, argument)

    def _name(self, logical_id: str, where: str) -> str:
        resource = self._resources.get(logical_id)
        if resource is None:
            raise ResourcesError(f"{where} refers to {logical_id}, which the local stack does not make")
        field = {"AWS::SQS::Queue": "QueueName", "AWS::S3::Bucket": "BucketName"}.get(
            resource.type, "TableName"
        )
        if field not in resource.properties:
            raise ResourcesError(f"{logical_id} has no {field}; the local stack makes up no names")
        return str(self.resolve(resource.properties[field], logical_id))

    def _attribute(self, logical_id: str, attribute: str, where: str) -> str:
        name = self._name(logical_id, where)
        kind = self._resources[logical_id].type
        arns = {
            "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}",
            "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}",
        }
        if attribute == "Arn":
            return arns[kind]
        if attribute == "QueueName":
            return name
        raise ResourcesError(
            f"{where} asks for {logical_id}.{attribute}, which the local stack does not know"
        )


def _queue(properties: Properties, endpoints: Endpoints) -> str:
    client = endpoints.client("sqs")
    attributes = {name: str(properties[name]) for name in QUEUE_FIELDS if name in properties}
    if "RedrivePolicy" in properties:
        attributes["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
    name = properties["QueueName"]
    url = client.create_queue(QueueName=name)["QueueUrl"]
    client.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    return str(name)


def _table(properties: Properties, endpoints: Endpoints) -> str:
    client = endpoints.client("dynamodb")
    name = properties["TableName"]
    request = {key: properties[key] for key in TABLE_FIELDS if key in properties}
    if "ProvisionedThroughput" in properties:
        request["ProvisionedThroughput"] = properties["ProvisionedThroughput"]
    stream = properties.get("StreamSpecification")
    if stream:
        request["StreamSpecification"] = {"StreamEnabled": True, **stream}
    try:
        client.create_table(TableName=name, **request)
    except client.exceptions.ResourceInUseException:
        return str(name)
    ttl = properties.get("TimeToLiveSpecification")
    if ttl:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    return str(name)


def _bucket(properties: Properties, endpoints: Endpoints) -> str:
    client = endpoints.client("s3")
    name = properties["BucketName"]
    client.create_bucket(Bucket=name)
    rules = (properties.get("CorsConfiguration") or {}).get("CorsRules")
    if rules:
        client.put_bucket_cors(
            Bucket=name, CORSConfiguration={"CORSRules": [_cors_rule(rule) for rule in rules]}
        )
    lifecycle = (properties.get("LifecycleConfiguration") or {}).get("Rules")
    if lifecycle:
        configuration = {"Rules": [_lifecycle_rule(rule) for rule in lifecycle]}
        client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=configuration)
    return str(name)


def _cors_rule(rule: Properties) -> Properties:
    names = {"MaxAge": "MaxAgeSeconds", "Id": "ID", "ExposedHeaders": "ExposeHeaders"}
    return {names.get(key, key): value for key, value in rule.items()}


def _lifecycle_rule(rule: Properties) -> Properties:
    made: Properties = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort:
        made["AbortIncompleteMultipartUpload"] = abort
    return made
