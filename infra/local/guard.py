"""Runs one command and leaves nothing of it behind, not even after a kill -9 of whoever started this.

`python -m infra.local.guard --grace 8 -- command …`. The command's orphans become this process's children
(PR_SET_CHILD_SUBREAPER), so that whatever is left when the command ends is found and killed.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from infra.local.lifeline import watch_parent

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Run the command until it ends, until SIGTERM or until the parent is gone; exit with its code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grace", type=float, default=8.0, help="seconds between SIGTERM and SIGKILL")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    tell_kernel(PR_SET_CHILD_SUBREAPER, 1)
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    watch_parent(stop.set)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: tell_kernel(PR_SET_PDEATHSIG, signal.SIGKILL),
    )

    def ended() -> None:
        child.wait()
        stop.set()

    threading.Thread(target=ended, daemon=True).start()
    stop.wait()
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(arguments.grace)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    if sys.platform == "linux":
        end_descendants()
    code = child.poll()
    sys.stdout.flush()
    os._exit(1 if code is None else code if code >= 0 else 128 - code)


def tell_kernel(option: int, value: int) -> None:
    """Set a process attribute, on Linux; elsewhere only the command's own group is ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value)


def end_descendants(seconds: float = 3.0) -> None:
    """Kill every descendant of this process, again and again until there is none, for at most `seconds`."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue
        alive = descendants(os.getpid())
        if not alive:
            return
        for pid in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def descendants(root: int) -> list[int]:
    """Return the process ids below `root`, zombies left out."""
    children: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in parentheses may hold anything; what follows the last one is plain.
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                children.setdefault(int(parent), []).append((int(entry.name), state))
    found, queue = [], [root]
    while queue:
        for pid, state in children.get(queue.pop(), []):
            queue.append(pid)
            if state != "Z":
                found.append(pid)
    return found


if __name__ == "__main__":
    main()
