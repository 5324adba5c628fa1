"""What instances need to become devices: a pool, and a token that only their role may read."""

from chalicelib import enrolment, pools, queues
from chalicelib.clients import Clients
from chalicelib.enrolment import Enrolment
from chalicelib.settings import Settings
from infra.deploy.place import Place

USES = 10_000
LASTS = 400 * 24 * 3600.0
"""Seconds for which a token is good; each deployment makes a new one and takes the old one back."""


def clients(place: Place) -> Clients:
    """The router's own clients, with the operator's credentials."""
    return Clients(Settings(place.stack, "", ""), lambda: place.session)


def renew_token(place: Place, pool: str) -> None:
    """Make the pool if there is none, and a fresh token for its instances in place of the last one."""
    aws, ssm = clients(place), place.client("ssm")
    if not pools.exists(aws, pool):
        queues.make_pool_queue(aws, pool)
    last = token(place)
    fresh = enrolment.issue(aws, Enrolment(pool, ("ec2",)), USES, LASTS)
    ssm.put_parameter(Name=place.token_parameter, Value=fresh, Type="SecureString", Overwrite=True)
    if last:
        enrolment.withdraw(aws, last)


def token(place: Place) -> str | None:
    """The token that instances use now, if there is one."""
    ssm = place.client("ssm")
    try:
        found = ssm.get_parameter(Name=place.token_parameter, WithDecryption=True)
    except ssm.exceptions.ParameterNotFound:
        return None
    return str(found["Parameter"]["Value"])


def forget_token(place: Place) -> None:
    """Delete the parameter; idempotent."""
    ssm = place.client("ssm")
    ssm.delete_parameters(Names=[place.token_parameter])
