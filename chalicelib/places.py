"""How many more sessions the devices of each pool have room for, which is what they are scaled by."""

import json
from dataclasses import dataclass, field

from chalicelib.telemetry import gauge

MOST = 1000
"""Places that a device is believed to have: what it says of itself is its own word."""


@dataclass
class _Pool:
    devices: int = 0
    free: int = 0
    largest: int = 0


@dataclass
class Room:
    """What the devices that take sessions say of themselves, added up by pool."""

    pools: dict[str, _Pool] = field(default_factory=dict)

    def know(self, pool: str) -> None:
        """The pool has a device, which may take no more sessions: then its places are none, and are told."""
        self.pools.setdefault(pool, _Pool())

    def add(self, pool: str, load: str) -> None:
        """:param load: the JSON of a device's last heartbeat, with `sessions` and `capacity`."""
        told = json.loads(load)
        capacity = min(int(told.get("capacity", 0)), MOST)
        self.know(pool)
        known = self.pools[pool]
        known.devices += 1
        known.free += max(0, capacity - int(told.get("sessions", 0)))
        known.largest = max(known.largest, capacity)

    def tell(self) -> None:
        """As metrics; `SparePlaces` would be free if the largest device went, and its sessions to others."""
        for name, pool in self.pools.items():
            gauge("DevicesOnline", pool.devices, pool=name)
            gauge("FreePlaces", pool.free, pool=name)
            gauge("SparePlaces", max(0, pool.free - pool.largest), pool=name)
