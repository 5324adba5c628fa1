"""`make soak`: browsers on agents that come and go, for a while; promises and memory are watched."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import Soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--browsers", type=int, default=50)
    parser.add_argument("--agents", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lw-") as place:
        soak = Soak(Path(place), options.seconds, options.browsers, options.agents, options.seed)
        report = asyncio.run(soak.run())
    sys.stdout.write(report.text)
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
