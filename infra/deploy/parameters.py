"""The parameters of a deployment: what the operator says now, said before, and what is found out."""

import difflib
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from infra.deploy.errors import UnknownParameter
from infra.deploy.place import Place
from infra.parts import Template

Chosen = dict[str, str]


def parse(text: str) -> Chosen:
    """`Devices=scaled DomainName=cells.example.org` as a mapping.

    :raises UnknownParameter: a word has no `=`.
    """
    chosen: Chosen = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals:
            raise UnknownParameter(f"PARAMETERS: {word} must be NAME=VALUE")
        chosen[name] = value
    return chosen


def check(template: Template, chosen: Iterable[str]) -> None:
    """:raises UnknownParameter: names one that the template does not have, and the nearest that it has."""
    known = template["Parameters"]
    for name in chosen:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            raise UnknownParameter(f"PARAMETERS: there is no {name}; {hint}")


def found_out(place: Place, is_new: bool) -> Chosen:
    """What a new stack needs to know of the account; a stack that is there keeps what it was told."""
    if not is_new:
        return {}
    return {
        "EdgeSecret": secrets.token_urlsafe(32),
        "Permalinks": "kept" if _has_table(place, f"{place.stack}-permalinks") else "made",
        "ApiGatewayLogRole": "kept" if _has_log_role(place) else "made",
    }


def request(template: Template, known: Iterable[str], chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    """The `Parameters` of a change set: what is chosen, else what the stack knows, else the default."""
    values: list[dict[str, Any]] = []
    before = set(known)
    for name in template["Parameters"]:
        if name in chosen:
            values.append({"ParameterKey": name, "ParameterValue": chosen[name]})
        elif name in before:
            values.append({"ParameterKey": name, "UsePreviousValue": True})
    return values


def with_origin(allowed: str, url: str) -> str | None:
    """The allowed origins with the page's own; None when that is let in already."""
    origins = allowed.split(",")
    return None if "*" in origins or url in origins else ",".join([*origins, url])


def _has_table(place: Place, name: str) -> bool:
    dynamodb = place.client("dynamodb")
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True


def _has_log_role(place: Place) -> bool:
    """Whether the account's setting names a role that is there: it outlives the role."""
    arn = place.client("apigateway").get_account().get("cloudwatchRoleArn")
    if not arn:
        return False
    iam = place.client("iam")
    try:
        iam.get_role(RoleName=arn.rsplit("/", 1)[1])
    except iam.exceptions.NoSuchEntityException:
        return False
    return True
