"""What is checked: the addresses of one deployment."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.smoke.errors import SmokeError
from infra.smoke.web import request

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Target:
    """`page`: where the web page is, if there is one; `origins`: whose pages are let in, all if none."""

    api: str
    websocket: str
    page: str | None = None
    origins: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where no access rules of AWS are kept."""
        return urlsplit(self.api).hostname in _LOOPBACK

    @property
    def origin(self) -> str:
        """A page's origin that is let in."""
        if self.page:
            return "{0.scheme}://{0.netloc}".format(urlsplit(self.page))
        return self.origins[0] if self.origins else "https://example.org"


def found_at(url: str) -> Target:
    """The deployment whose page is at `url`, as its config.json tells.

    :raises SmokeError: there is no page of Longwire.
    """
    page = url.rstrip("/")
    try:
        config = request(f"{page}/config.json").json()
        return Target(
            api=config["api"].rstrip("/"),
            websocket=config["websocket"],
            page=page,
            origins=tuple(config.get("origins", ())),
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise SmokeError(
            f"{page}/config.json does not tell where api and websocket are ({error}): "
            "URL must be the address of the page, as https://…"
        ) from error
