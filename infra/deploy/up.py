"""`make deploy`: from an account to a running service."""

from pathlib import Path

from chalicelib.settings import Issuer
from infra import package, pages
from infra.deploy import artifacts, devices, parameters, site, stack
from infra.deploy.errors import DeployError
from infra.deploy.parameters import Chosen
from infra.deploy.place import Place
from infra.deploy.stack import Say, Stack


def deploy(place: Place, chosen: Chosen, wheel: Path, say: Say) -> Stack:
    """Make or renew the stage, its page and its devices' token.

    :raises DeployError: says what is wrong and what to do.
    """
    say(f"{place.stack} in {place.region} of account {place.account}")
    say("building the package")
    built = package.build(place.stage)
    artifacts.make_bucket(place)
    template, url = artifacts.upload_template(place, built)
    parameters.check(template, chosen)
    before = stack.find(place)
    uploaded = {
        "ArtifactBucket": place.artifacts,
        "AgentKey": artifacts.upload(place, "agent", ".tar.gz", artifacts.bundle(wheel)),
    }
    told = parameters.found_out(place, before is None) | chosen | uploaded
    known = before.parameters if before else ()
    made = stack.apply(place, url, parameters.request(template, known, told), say)
    origins = parameters.with_origin(made.parameters["AllowedOrigins"], made.outputs["Url"])
    if origins:
        say("letting the service's own page in")
        told = {"AllowedOrigins": origins}
        made = stack.apply(place, url, parameters.request(template, made.parameters, told), say)
    _serve(place, made, say)
    return made


def _serve(place: Place, made: Stack, say: Say) -> None:
    """The page and the token, which are no part of the stack."""
    url, allowed = made.outputs["Url"], set(made.parameters["AllowedOrigins"].split(","))
    issuer = _issuer(made)
    config = pages.config(f"{url}/api", f"wss{url.removeprefix('https')}/ws", allowed - {"*"}, issuer)
    count = site.upload(place, made.outputs["WebBucketName"], config)
    site.invalidate(place, made.outputs["DistributionId"])
    say(f"uploaded {count} files of the page")
    if made.parameters["Devices"] != "none":
        devices.renew_token(place, made.parameters["Pool"])
        say("renewed the devices' enrolment token")


def _issuer(made: Stack) -> Issuer | None:
    """Where readers of the page may sign in."""
    chosen = made.parameters
    return Issuer(chosen["OidcIssuer"], chosen["OidcAudience"]) if chosen["OidcIssuer"] else None


def newest_wheel(folder: Path) -> Path:
    """:raises DeployError: there is none."""
    wheels = sorted(folder.glob("longwire-*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        raise DeployError(f"{folder} has no wheel of the agent: `make wheel` builds it")
    return wheels[-1]
