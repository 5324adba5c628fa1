"""AWS clients are made of what is needed, and once."""

import os
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError

from chalicelib import aws_session
from chalicelib.clients import Clients
from chalicelib.settings import Settings

CLIENTS = ("dynamodb", "sqs", "s3", "sts", "connections")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.mark.parametrize("service", aws_session.SERVICES)
def test_a_client_is_made_without_a_look_at_all_of_botocores_services(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    listed: list[str] = []
    known = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path=".": listed.append(str(path)) or known(path))
    assert aws_session.session().client(service).meta.service_model.service_name == service
    assert len(listed) <= 4, "a few directories of the service itself"


def test_another_service_is_not_known() -> None:
    with pytest.raises(UnknownServiceError):
        aws_session.session().client("ec2")


def test_each_client_is_made_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    session = aws_session.session()
    client = session.client

    def counted(service: str, **options: Any) -> Any:
        made.append(service)
        return client(service, **options)

    monkeypatch.setattr(session, "client", counted)
    aws = Clients(Settings("test", "https://connections.test", ""), lambda: session)
    for _ in range(3):
        for name in CLIENTS:
            assert getattr(aws, name) is getattr(aws, name)
    assert sorted(made) == sorted(aws_session.SERVICES)
