"""Who the device is: enrolment with a one-time token, and the device id and token that it then keeps."""

import contextlib
import json
import os
import platform
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from chalicelib import VERSION
from device_agent import logs, machine
from device_agent.errors import Misconfigured, Refused
from device_agent.router import Body, Router

_MAX_BYTES = 4096


@dataclass(frozen=True)
class Identity:
    """Kept in a file that only the agent's user can read."""

    device_id: str
    device_token: str = field(repr=False)
    api_url: str = ""
    pool: str = ""
    labels: tuple[str, ...] = ()


def facts() -> Body:
    """What the device tells of itself; it cannot give itself a pool or a label by it."""
    return {
        "version": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpus": os.cpu_count() or 1,
        "memory_mb": machine.memory_mb(),
    }


def load(state_dir: Path) -> Identity | None:
    """:raises Misconfigured: this user may not read the file."""
    try:
        content = json.loads((state_dir / "device.json").read_text())
        return Identity(**{**content, "labels": tuple(content.get("labels", ()))})
    except PermissionError as error:
        raise Misconfigured(f"{state_dir} is another user's: run this as the agent's user") from error
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def save(state_dir: Path, identity: Identity) -> None:
    """Written whole or not at all.

    :raises Misconfigured: it cannot be.
    """
    temporary = _reserve(state_dir)
    with temporary.open("r+b") as file:
        file.write(json.dumps(asdict(identity)).encode())
        file.truncate()
        os.fsync(file.fileno())
    temporary.replace(state_dir / "device.json")


def _reserve(state_dir: Path) -> Path:
    """The file that becomes the identity, with room for it: no token is used up for one that cannot be kept.

    :raises Misconfigured: there is no room, or nothing may be written there.
    """
    temporary = state_dir / "device.json.new"
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.touch(mode=0o600)
        with temporary.open("r+b") as file:
            file.write(bytes(_MAX_BYTES))
            os.fsync(file.fileno())
    except OSError as error:
        raise Misconfigured(f"state_dir: {state_dir} cannot be written: {error.strerror}") from error
    return temporary


async def enrol(router: Router, state_dir: Path, enrolment_token: str) -> Identity:
    """A new identity for a one-time token; its file replaces what was there.

    :raises Refused: the token is not accepted.
    :raises Misconfigured: the identity could not be kept; the token is not used up.
    """
    _reserve(state_dir)
    answer = await router.enrol(enrolment_token, facts())
    identity = Identity(
        device_id=answer["device_id"],
        device_token=answer["device_token"],
        api_url=router.url,
        pool=answer.get("pool", ""),
        labels=tuple(answer.get("labels", ())),
    )
    save(state_dir, identity)
    return identity


async def identify(router: Router, state_dir: Path, enrolment_token: str | None) -> Identity:
    """The device's identity, from its file or by enrolling.

    :raises Refused: there is neither a file nor an enrolment token, or the token is not accepted.
    """
    identity = load(state_dir)
    if identity is None:
        if not enrolment_token:
            raise Refused(
                "this device is not enrolled: `longwire-agent enroll --url URL --token TOKEN`, "
                "or LONGWIRE_ENROLMENT_TOKEN, with a one-time token of the service's operator"
            )
        identity = await enrol(router, state_dir, enrolment_token)
    logs.hide(identity.device_token)
    router.become(identity.device_id, identity.device_token)
    return identity


def learn(state_dir: Path, identity: Identity, pool: str, labels: tuple[str, ...]) -> Identity:
    """The identity with what the service says of it now; the file follows."""
    learnt = replace(identity, pool=pool, labels=labels)
    if learnt != identity:
        with contextlib.suppress(Misconfigured):  # it is told again at the next start
            save(state_dir, learnt)
    return learnt
