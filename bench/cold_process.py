"""One cold start, seen from inside: loads a function's module, then hands it an event, and another.

Runs as Lambda's own runtime would: in the unzipped package, by a Python that has boto3 and nothing of ours.
Reads {module, handler, events} as JSON on standard input; the last line that it prints has milliseconds of
the clock ("ms") and of a core ("cpu_ms") for `load`, `first` and `second`.
"""

import importlib
import json
import sys
import time
from types import SimpleNamespace


def timed(work):  # type: ignore[no-untyped-def]
    clock, core = time.perf_counter(), time.process_time()
    made = work()
    spent = {"ms": (time.perf_counter() - clock) * 1000, "cpu_ms": (time.process_time() - core) * 1000}
    return made, spent


def main() -> None:
    order = json.load(sys.stdin)
    sys.path.insert(0, ".")
    module, load = timed(lambda: importlib.import_module(order["module"]))
    found = {"load": load}
    handler = getattr(module, order["handler"])
    context = SimpleNamespace(aws_request_id="bench", function_name="bench", memory_limit_in_mb=512)
    for name, event in zip(("first", "second"), order["events"], strict=True):
        _, found[name] = timed(lambda event=event: handler(event, context))
    print(json.dumps(found))


main()
