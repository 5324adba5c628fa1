"""Who the device is: enrolment with a one-time token, and the device id and token that it then keeps."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from chalicelib import VERSION
from device_agent.errors import Refused
from device_agent.router import Body, Router


@dataclass(frozen=True)
class Identity:
    """Kept in a file that only the agent's user can read."""

    device_id: str
    device_token: str


def facts() -> Body:
    """What the device tells of itself; it cannot give itself a pool by it."""
    return {
        "version": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpus": os.cpu_count() or 1,
    }


def load(state_dir: Path) -> Identity | None:
    try:
        return Identity(**json.loads((state_dir / "device.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def save(state_dir: Path, identity: Identity) -> None:
    """Written whole or not at all."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = state_dir / "device.json.new"
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(asdict(identity)))
    temporary.replace(state_dir / "device.json")


async def identify(router: Router, state_dir: Path, enrolment_token: str | None) -> Identity:
    """The device's identity, from its file or by enrolling.

    :raises Refused: there is neither a file nor an enrolment token, or the token is not accepted.
    """
    identity = load(state_dir)
    if identity is None:
        if not enrolment_token:
            raise Refused("this device is not enrolled: set LONGWIRE_ENROLMENT_TOKEN to a one-time token")
        answer = await router.enrol(enrolment_token, facts())
        identity = Identity(answer["device_id"], answer["device_token"])
        save(state_dir, identity)
    router.become(identity.device_id, identity.device_token)
    return identity
