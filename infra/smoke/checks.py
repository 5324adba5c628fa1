"""All checks, in the order in which a failure of one explains failures of those after it."""

from infra.smoke import access, page, service, session
from infra.smoke.checking import Check

CHECKS: tuple[Check, ...] = (
    service.health,
    page.page,
    page.frame,
    page.encryption,
    access.preflight,
    access.strange_origin,
    session.hello,
    session.prints,
    session.latest_wins,
    session.interrupt,
    session.replay,
    session.image,
    session.upload,
    service.permalink,
    access.tokens,
    access.payloads,
    access.too_many,
)
