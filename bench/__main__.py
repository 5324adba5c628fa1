"""`python -m bench [name …]`: runs the benchmarks named, or all of them, and prints what they found."""

import sys

from bench import cold, drag, hops, kernels, lighthouse, load, page_health
from bench.compare import measuring

ALL = {
    "compare": measuring,
    "drag": drag,
    "hops": hops,
    "cold": cold,
    "kernels": kernels,
    "load": load,
    "page": page_health,
    "lighthouse": lighthouse,
}

APART = {"lighthouse", "page"}
"""Not of the service's speed, and not compared with anything: only when named."""


def main() -> None:
    names = sys.argv[1:] or [name for name in ALL if name not in APART]
    if unknown := set(names) - ALL.keys():
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(ALL)}")
    for name in names:
        print(f"== {name}: {(ALL[name].__doc__ or '').splitlines()[0]}")
        ALL[name].main()


main()
