"""What the environment says: names of resources, addresses and limits."""

import os
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal, get_args
from urllib.parse import urlsplit

Access = Literal["anonymous", "signed-in"]


@dataclass(frozen=True)
class Quota:
    """What one identity may use; 0 is no limit."""

    live_sessions: int
    runs_per_minute: int
    compute_seconds_per_hour: int


@dataclass(frozen=True)
class Issuer:
    """Whose identity tokens are taken: an OpenID Connect issuer, and for whom they must be made out.

    `jwks_url`: where its keys are; empty: where its discovery document says.
    """

    url: str
    audience: str
    jwks_url: str = ""


@dataclass(frozen=True)
class Settings:
    """Names, addresses (URLs) and times (seconds) that every part of the service shares."""

    prefix: str
    connections_url: str
    device_role_arn: str
    own_payload_bucket: str = ""
    """The payload bucket's name, where it is not made of the prefix alone: all accounts share one space."""
    region: str | None = None
    """Where a device finds the service's tables; functions are where these are."""
    allowed_origins: frozenset[str] = frozenset("*")
    heartbeat_interval: float = 10.0
    device_lost_after: float = 25.0
    device_retired_after: float = 7 * 24 * 3600.0
    default_idle_timeout: int = 60
    max_idle_timeout: int = 3600
    session_ttl: int = 24 * 3600
    message_ttl: int = 24 * 3600
    connection_ttl: int = 2 * 3600 + 600
    payload_link_ttl: int = 3600
    service_runs_per_minute: int = 10
    """How often an address may use `POST /service` without an API key."""
    permalinks_per_minute: int = 30
    """How often an address may store a cell, without an API key."""
    reports_per_minute: int = 5
    """How often an address may report a cell, without an API key."""
    uploads_per_minute: int = 30
    """How many large requests a session's browser may put away."""
    access: Access = "anonymous"
    """Who may begin a session: anybody, or those who have an API key or an identity token."""
    anonymous: Quota = Quota(live_sessions=40, runs_per_minute=120, compute_seconds_per_hour=3600)
    """Of an address. (Behind one there may be a whole class.)"""
    signed_in: Quota = Quota(live_sessions=40, runs_per_minute=240, compute_seconds_per_hour=4 * 3600)
    """Of an API key, and of a person."""
    site_sessions_per_minute: int = 300
    """How many sessions may begin on the pages of one origin; 0: any number."""
    issuer: Issuer | None = None
    edge_secret: str = ""
    """With which CloudFront shows that a request has come through it."""
    min_agent_version: str = "0"
    """Devices with an older agent are told so and get no sessions."""

    @classmethod
    def from_environment(cls) -> "Settings":
        """What is not set is as by default."""
        return cls(
            prefix=os.environ["LONGWIRE_PREFIX"],
            connections_url=os.environ.get("LONGWIRE_CONNECTIONS_URL", ""),
            device_role_arn=os.environ.get("LONGWIRE_DEVICE_ROLE_ARN", ""),
            own_payload_bucket=os.environ.get("LONGWIRE_PAYLOAD_BUCKET", ""),
            allowed_origins=frozenset(os.environ.get("LONGWIRE_ALLOWED_ORIGINS", "*").split(",")),
            min_agent_version=os.environ.get("LONGWIRE_MIN_AGENT_VERSION", "0"),
            service_runs_per_minute=_times("LONGWIRE_SERVICE_RUNS_PER_MINUTE", cls.service_runs_per_minute),
            permalinks_per_minute=_times("LONGWIRE_PERMALINKS_PER_MINUTE", cls.permalinks_per_minute),
            reports_per_minute=_times("LONGWIRE_REPORTS_PER_MINUTE", cls.reports_per_minute),
            access=_access(),
            anonymous=_quota("LONGWIRE_ANONYMOUS", cls.anonymous),
            signed_in=_quota("LONGWIRE_SIGNED_IN", cls.signed_in),
            site_sessions_per_minute=_times(
                "LONGWIRE_SITE_SESSIONS_PER_MINUTE", cls.site_sessions_per_minute
            ),
            issuer=_issuer(),
            edge_secret=os.environ.get("LONGWIRE_EDGE_SECRET", ""),
            uploads_per_minute=_times("LONGWIRE_UPLOADS_PER_MINUTE", cls.uploads_per_minute),
            heartbeat_interval=_seconds("LONGWIRE_HEARTBEAT_INTERVAL", cls.heartbeat_interval),
            device_lost_after=_seconds("LONGWIRE_DEVICE_LOST_AFTER", cls.device_lost_after),
            device_retired_after=_seconds("LONGWIRE_DEVICE_RETIRED_AFTER", cls.device_retired_after),
        )

    def table(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    @property
    def payload_bucket(self) -> str:
        return self.own_payload_bucket or f"{self.prefix}-payloads"

    def pool_queue(self, pool: str) -> str:
        return f"{self.prefix}-sessions-{pool}"

    def device_queue(self, device_id: str) -> str:
        return f"{self.prefix}-device-{device_id}"

    @property
    def device_role(self) -> str:
        """The name of the role that devices work in."""
        return f"{self.prefix}-device"

    @property
    def dead_letter_queue(self) -> str:
        return f"{self.prefix}-dead-letters"


def _seconds(variable: str, default: float) -> float:
    return float(os.environ.get(variable) or default)


def _times(variable: str, default: int) -> int:
    return int(os.environ.get(variable) or default)


def _quota(prefix: str, default: Quota) -> Quota:
    return Quota(
        **{name: _times(f"{prefix}_{name.upper()}", number) for name, number in asdict(default).items()}
    )


def _access() -> Access:
    named = os.environ.get("LONGWIRE_ACCESS") or "anonymous"
    for access in get_args(Access):
        if named == access:
            return access  # type: ignore[no-any-return]
    raise ValueError(f"LONGWIRE_ACCESS must be one of {', '.join(get_args(Access))}, not {named}")


def _issuer() -> Issuer | None:
    """:raises ValueError: there is no audience, or anybody could give out the issuer's keys."""
    url = os.environ.get("LONGWIRE_OIDC_ISSUER", "")
    if not url:
        return None
    issuer = Issuer(
        url, os.environ.get("LONGWIRE_OIDC_AUDIENCE", ""), os.environ.get("LONGWIRE_OIDC_JWKS", "")
    )
    if not issuer.audience:
        raise ValueError("LONGWIRE_OIDC_AUDIENCE must say for whom the issuer makes out its tokens")
    for address in filter(None, (issuer.url, issuer.jwks_url)):
        require_secure(address)
    return issuer


def require_secure(address: str) -> None:
    """:raises ValueError: what comes from there could be anybody's."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    ):
        raise ValueError(f"{address}: an issuer must be reached by https (by http on this machine only)")


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings.from_environment()
