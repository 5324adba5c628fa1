"""The emulator as an account of AWS: a session for infra.deploy, and what is left in it."""

import json
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from infra.emulated.rewrites import rewritten
from infra.local.aws import REGION

KINDS = (
    ("dynamodb", "list_tables", "TableNames", ""),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("apigateway", "get_rest_apis", "items", "name"),
    ("apigatewayv2", "get_apis", "Items", "Name"),
    ("events", "list_rules", "Rules", "Name"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
    ("ssm", "describe_parameters", "Parameters", "Name"),
)
"""What a deployment makes: service, the call that lists it, where its list is, and what names it."""


class Account(boto3.Session):
    """Clients of the emulator; a template that is deployed through them is rewritten on its way."""

    def __init__(self, emulator: str) -> None:
        super().__init__("emulated", "emulated", region_name=REGION)
        self._emulator = emulator
        self.events.register("provide-client-params.cloudformation.CreateChangeSet", self._rewrite)

    def client(self, service_name: str, **options: Any) -> Any:  # type: ignore[override]
        chosen = options.pop("config", Config())
        here = Config(proxies={}, s3={"addressing_style": "path"})
        options = {"endpoint_url": self._emulator, **options, "config": chosen.merge(here)}
        return super().client(service_name, **options)  # type: ignore[call-overload]

    def _rewrite(self, params: dict[str, Any], **_: Any) -> None:
        """Amazon's address of the template is not one of the emulator's, nor is all that is in it."""
        url = urlsplit(params["TemplateURL"])
        bucket, key = str(url.hostname).partition(".")[0], url.path.lstrip("/")
        s3 = self.client("s3")
        template = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        s3.put_object(
            Bucket=bucket, Key=f"emulated/{key}", Body=json.dumps(rewritten(template, self._emulator))
        )
        params["TemplateURL"] = f"{self._emulator}/{bucket}/emulated/{key}"

    def left(self) -> list[str]:
        """What is there of all KINDS, by name; but the role of all APIs' access logs is to stay."""
        return sorted(
            f"{service} {one[name] if name else one}"
            for service, call, listing, name in KINDS
            for one in getattr(self.client(service), call)().get(listing) or []
            if not (service == "iam" and "-LogRole-" in one[name])
        )
