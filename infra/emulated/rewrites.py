"""What the emulator cannot take of the template, and what is done about it: each with its reason.

All else deploys as it is packaged. docs/smoke.md tells operators what therefore is proven on AWS alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.parts import Template
from infra.smoke import access
from infra.smoke.checking import Check

STAGE = "api"


@dataclass(frozen=True)
class Places:
    """`emulator`: where it listens; `code`: the package's s3 address in it."""

    emulator: str
    code: str


@dataclass(frozen=True)
class Rewrite:
    """One difference to the packaged template; `change` makes it."""

    what: str
    why: str
    change: Callable[[Template, Places], None]


def _code(template: Template, places: Places) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = places.code


def _stage(template: Template, _: Places) -> None:
    resources = template["Resources"]
    for name in [name for name, one in resources.items() if one["Type"] == "AWS::ApiGatewayV2::Deployment"]:
        del resources[name]
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGatewayV2::Stage":
            del resource["Properties"]["DeploymentId"]
            resource["Properties"]["AutoDeploy"] = True


def _connections(template: Template, places: Places) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    address = f"{places.emulator}/_aws/execute-api/${{WebsocketAPI}}/{STAGE}"
    variables["LONGWIRE_CONNECTIONS_URL"] = {"Fn::Sub": address}


REWRITES = (
    Rewrite(
        "CodeUri of the functions",
        "`aws cloudformation package` does the same on AWS: the zip is put into a bucket first",
        _code,
    ),
    Rewrite(
        "AWS::ApiGatewayV2::Deployment is left out, its stage deploys by itself",
        "the emulator does not know that type, and takes every route at once",
        _stage,
    ),
    Rewrite(
        "LONGWIRE_CONNECTIONS_URL of the functions",
        "the emulator has its @connections under a path of its own address, not under amazonaws.com",
        _connections,
    ),
)


def rewritten(template: Template, places: Places) -> Template:
    """The template as the emulator takes it; the argument is changed."""
    for rewrite in REWRITES:
        rewrite.change(template, places)
    return template


UNSEEN: Mapping[Check, str] = {
    access.preflight: "the emulator forgets what mock integrations answer when it reads an API's definition",
}
"""Checks of which the emulator says nothing, with the reason."""
