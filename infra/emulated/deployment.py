"""The stack in the emulator: created from the packaged template, deleted, and what is left of it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra import package
from infra.emulated.emulator import Emulator
from infra.emulated.rewrites import Places, rewritten
from infra.local.errors import LocalStackError, MissingPartError
from infra.parts import Template

STACK = "longwire"
BUCKET = "longwire-deployments"
SECONDS = 60.0
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeploymentError(LocalStackError):
    """Raised when the stack does not become what it should; its text has the emulator's reasons."""


@dataclass(frozen=True)
class Deployment:
    """`resources`: physical names by logical id, with their types; `outputs`: the template's."""

    resources: Mapping[str, tuple[str, str]]
    outputs: Mapping[str, str]
    seconds: float


def read(path: Path) -> Template:
    """The template that `make package` has written. Raises MissingPartError."""
    try:
        template: Template = json.loads(path.read_text())
    except OSError as error:
        raise MissingPartError(f"{path} is not there: `make package` makes it.") from error
    return template


def create(emulator: Emulator, template: Template, code: Path) -> Deployment:
    """Put the functions' zip and the template into a bucket and make the stack, as on AWS.

    :raises DeploymentError: it was not made.
    """
    began = time.monotonic()
    s3 = emulator.endpoints.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(code), BUCKET, code.name)
    places = Places(emulator.url, f"s3://{BUCKET}/{code.name}")
    s3.put_object(Bucket=BUCKET, Key=package.NAME, Body=json.dumps(rewritten(template, places)))
    cloudformation = emulator.endpoints.client("cloudformation")
    address = f"{emulator.url}/{BUCKET}/{package.NAME}"
    try:
        cloudformation.create_stack(StackName=STACK, TemplateURL=address, Capabilities=CAPABILITIES)
    except ClientError as error:
        raise DeploymentError(str(error)) from error
    stack = _settled(cloudformation, "CREATE_COMPLETE")
    made = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return Deployment(
        {one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"]) for one in made},
        {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
        time.monotonic() - began,
    )


def delete(emulator: Emulator) -> None:
    """Delete the stack, and the bucket that it was deployed from. Raises DeploymentError."""
    cloudformation = emulator.endpoints.client("cloudformation")
    stack_id = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackId"]
    s3 = emulator.endpoints.client("s3")
    cloudformation.delete_stack(StackName=STACK)
    _settled(cloudformation, "DELETE_COMPLETE", stack_id)
    _delete_grown(emulator)
    for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=entry["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def _delete_grown(emulator: Emulator) -> None:
    """What grew while the stack was used, and is none of its resources: devices' queues, logs."""
    sqs, logs = emulator.endpoints.client("sqs"), emulator.endpoints.client("logs")
    for url in sqs.list_queues(QueueNamePrefix=f"{STACK}-device-").get("QueueUrls", []):
        sqs.delete_queue(QueueUrl=url)
    for group in logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{STACK}-")["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])


def left(emulator: Emulator) -> list[str]:
    """Tables, queues, buckets, functions, roles and APIs that are there, by their names."""

    def names(service: str, call: str, listing: str, name: str = "") -> list[str]:
        found = getattr(emulator.endpoints.client(service), call)().get(listing) or []
        return [str(one[name] if name else one) for one in found]

    return sorted(
        names("dynamodb", "list_tables", "TableNames")
        + names("sqs", "list_queues", "QueueUrls")
        + names("s3", "list_buckets", "Buckets", "Name")
        + names("lambda", "list_functions", "Functions", "FunctionName")
        + names("iam", "list_roles", "Roles", "RoleName")
        + names("apigateway", "get_rest_apis", "items", "name")
        + names("apigatewayv2", "get_apis", "Items", "Name")
        + names("events", "list_rules", "Rules", "Name")
        + names("logs", "describe_log_groups", "logGroups", "logGroupName")
    )


def _settled(cloudformation: Any, status: str, name: str = STACK) -> dict[str, Any]:
    ends_at = time.monotonic() + SECONDS
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            break
        if time.monotonic() > ends_at:
            raise DeploymentError(f"{name} is {stack['StackStatus']} after {SECONDS:.0f} s")
        time.sleep(0.1)
    if stack["StackStatus"] != status:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [
            f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}"
            for one in events
            if one["ResourceStatus"].endswith("FAILED")
        ]
        raise DeploymentError(f"{name} is {stack['StackStatus']}, not {status}: {'; '.join(reasons)}")
    return stack
