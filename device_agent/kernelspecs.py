"""The kernels that a host has: Longwire's own Python, forked from the zygote, and those of its owner."""

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from device_agent.errors import Misconfigured
from device_agent.settings import KernelspecSource

DEFAULT = "python3"
_PROVISIONER = "longwire-zygote"
_BY_ZYGOTE = {"kernel_provisioner": {"provisioner_name": _PROVISIONER}}


def register_provisioner() -> None:
    """Make ours known to jupyter_client, also where the agent runs from a source tree."""
    value = "device_agent.zygote.provisioner:ZygoteProvisioner"
    entry = EntryPoint(_PROVISIONER, value, KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners[_PROVISIONER] = entry


def read(source: KernelspecSource) -> KernelSpec:
    """The kernelspec of a directory that has a kernel.json, or of a Python that has ipykernel.

    :raises Misconfigured: neither is at the path.
    """
    path = source.path.expanduser()
    file = path / "kernel.json"
    try:
        if file.is_file():
            spec: dict[str, Any] = json.loads(file.read_text())
            argv, language = [str(word) for word in spec["argv"]], str(spec.get("language", ""))
        elif path.is_file():
            spec, language = {}, "python"
            argv = [str(path), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        else:
            raise Misconfigured(f"kernelspec {source.name}: there is no kernel.json and no Python at {path}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"kernelspec {source.name}: {file} is not a kernelspec: {error}") from error
    return KernelSpec(
        argv=argv,
        env={str(name): str(value) for name, value in spec.get("env", {}).items()},
        display_name=str(spec.get("display_name", source.name)),
        language=language,
        interrupt_mode=str(spec.get("interrupt_mode", "signal")),
        resource_dir=str(path),
        metadata=_BY_ZYGOTE,
    )


class Specs(KernelSpecManager):
    """The kernelspecs of this host; none that jupyter_client would find by itself."""

    def __init__(self, sources: tuple[KernelspecSource, ...]) -> None:
        super().__init__()
        self._sources = {source.name: source for source in sources}
        register_provisioner()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """:raises NoSuchKernel: this host does not have it."""
        if kernel_name in self._sources:
            return read(self._sources[kernel_name])
        if kernel_name == DEFAULT:
            return KernelSpec(argv=[], display_name="Python 3", language="python", metadata=_BY_ZYGOTE)
        raise NoSuchKernel(kernel_name)


def places(spec: KernelSpec) -> tuple[Path, ...]:
    """Directories of the host without which a kernelspec does not run, outside of /usr: its own, and the
    prefix of its program (of a Python in a virtual environment, that of the installation below it, too).
    """
    program = Path(spec.argv[0])
    found = {Path(spec.resource_dir)} if Path(spec.resource_dir).is_dir() else set()
    if program.is_absolute():
        found |= {program.parent.parent, program.resolve().parent.parent}
    return tuple(sorted(place for place in found if not place.is_relative_to("/usr")))
