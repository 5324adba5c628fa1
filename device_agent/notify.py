"""What systemd is told (sd_notify(3)): ready, alive, stopping. Without systemd nobody is told anything."""

import asyncio
import contextlib
import os
import socket


def notify(message: str) -> None:
    """Send a message to the service manager, if one listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.connect(address)
        manager.sendall(message.encode())


async def keep_alive() -> None:
    """Feed the watchdog, if there is one, for as long as the event loop turns."""
    period = float(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
    while period:
        notify("WATCHDOG=1")
        await asyncio.sleep(period / 3)
