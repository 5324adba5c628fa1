"""One stack per state directory: a lock file that the kernel releases when its owner dies."""

import fcntl
import os
from pathlib import Path

from infra.local.errors import StateInUseError


class StateLock:
    """Holds `<state>/lock`, which names its owner's process id."""

    def __init__(self, state: Path) -> None:
        """Take the lock. Raises StateInUseError."""
        state.mkdir(parents=True, exist_ok=True)
        self._file = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.read(self._file, 32).decode().strip() or "unknown"
            os.close(self._file)
            raise StateInUseError(
                f"Longwire runs already on {state} (process {owner}). "
                "Stop that one, or choose another directory with --state."
            ) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another stack have the directory."""
        os.close(self._file)
