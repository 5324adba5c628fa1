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
class Rewrite:
    """One difference to the packaged template; `change` makes it, given the emulator's address."""

    what: str
    why: str
    change: Callable[[Template, str], None]


def _stage(template: Template, _: str) -> None:
    resources = template["Resources"]
    for name in [name for name, one in resources.items() if one["Type"] == "AWS::ApiGatewayV2::Deployment"]:
        del resources[name]
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGatewayV2::Stage":
            del resource["Properties"]["DeploymentId"]
            resource["Properties"]["AutoDeploy"] = True


def _connections(template: Template, emulator: str) -> None:
    variables = template.get("Globals", {}).get("Function", {}).get("Environment", {}).get("Variables", {})
    address = f"{emulator}/_aws/execute-api/${{WebsocketAPI}}/{STAGE}"
    variables["LONGWIRE_CONNECTIONS_URL"] = {"Fn::Sub": address}


def _alarms(template: Template, _: str) -> None:
    resources = template["Resources"]
    for name in [name for name, one in resources.items() if "Metrics" in one.get("Properties", {})]:
        del resources[name]


REWRITES = (
    Rewrite(
        "alarms on a sum or a share of metrics are left out",
        "the emulator takes alarms on one metric alone",
        _alarms,
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


def rewritten(template: Template, emulator: str) -> Template:
    """The template as the emulator at this address takes it; the argument is changed."""
    for rewrite in REWRITES:
        rewrite.change(template, emulator)
    return template


UNSEEN: Mapping[Check, str] = {
    access.preflight: "the emulator forgets what mock integrations answer when it reads an API's definition",
}
"""Checks of which the emulator says nothing, with the reason."""
