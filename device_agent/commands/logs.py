"""`longwire-agent logs`: what the agent has logged, and what it logs from now on."""

import argparse
import contextlib
import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from device_agent import logs
from device_agent.commands.options import Options
from device_agent.commands.options import settings as settings_of
from device_agent.errors import NotRunning

HELP = "print the agent's log"
_LOOK_EVERY = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", dest="lines", type=int, default=100, help="how many lines (100)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes")
    parser.add_argument("--json", action="store_true", help="the lines as they are in the file")


def run(options: Options) -> int:
    """:raises NotRunning: no agent has logged anything here."""
    file = logs.file_of(settings_of(options).state_dir)
    if not file.exists():
        raise NotRunning(f"no agent has ever run here: there is no {file}")
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        for line in tail(file, options["lines"], options["follow"]):
            print(line if options["json"] else logs.in_words(line), flush=True)
    return 0


def tail(file: Path, lines: int, follow: bool) -> Iterator[str]:
    """The last lines of the log, older files included, then (for ever) the new ones."""
    older = [file.with_name(f"{file.name}.{number}") for number in range(logs.KEPT, 0, -1)]
    last: deque[str] = deque(maxlen=max(0, lines))
    for path in older:
        with contextlib.suppress(FileNotFoundError):
            last.extend(path.read_text(errors="replace").splitlines())
    opened = file.open(errors="replace")
    last.extend(opened.read().splitlines())
    yield from last
    while follow:
        if line := opened.readline():
            yield line.rstrip("\n")
        elif _is_renewed(file, opened.fileno()):
            opened.close()
            opened = file.open(errors="replace")
        else:
            time.sleep(_LOOK_EVERY)
    opened.close()


def _is_renewed(file: Path, number: int) -> bool:
    """Whether the file has been put aside for a new one."""
    try:
        return file.stat().st_ino != os.fstat(number).st_ino
    except FileNotFoundError:
        return False
