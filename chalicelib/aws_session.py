"""The boto3 session of a process that calls these services and no others."""

import boto3
import botocore.session
from botocore.loaders import Loader

SERVICES = ("apigatewaymanagementapi", "dynamodb", "s3", "sqs", "sts")


class _Known(Loader):
    """botocore lists some 400 directories to know whether there is a service: a third of a first client."""

    def list_available_services(self, type_name: str) -> list[str]:
        return list(SERVICES)


def core() -> botocore.session.Session:
    """A botocore session that has clients of SERVICES alone."""
    made = botocore.session.get_session()
    made.register_component("data_loader", _Known())
    return made


def session() -> boto3.Session:
    """The same for boto3."""
    return boto3.Session(botocore_session=core())
