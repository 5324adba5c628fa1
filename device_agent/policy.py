"""What a pool asks of its devices; told to a device by the service when it starts."""

from dataclasses import dataclass

from device_agent.sandbox.levels import Level


@dataclass(frozen=True)
class Policy:
    """`sandbox`: the weakest level that will do. `network`: hosts that sessions may reach over HTTPS, each a
    name, `name:port` or `*.name`; none means no network. `preload`: modules that kernels have imported.
    """

    sandbox: Level = "none"
    network: tuple[str, ...] = ()
    preload: tuple[str, ...] = ("numpy", "matplotlib.pyplot")
