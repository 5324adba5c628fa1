"""Output without end, in every way that a kernel has of making it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flood:
    """Code that never stops to send of its own, and shows "begun" first."""

    name: str
    code: str
    begins: str = "print('begun', flush=True)"
    stops_within: float = 0.5
    """Seconds from the reader's Stop until the page shows that nothing runs."""

    @property
    def cell(self) -> str:
        return f"{self.begins}\n{self.code}"


RAW = """
kernel = get_ipython().kernel
def send(msg_type, content, metadata=None):
    kernel.session.send(
        kernel.iopub_socket, msg_type, content, metadata=metadata or {}, parent=kernel.get_parent()
    )
"""

FLOODS = (
    Flood("print in a tight loop", "n = 0\nwhile True:\n    n += 1\n    print(n)"),
    Flood("print, flushed each time", "n = 0\nwhile True:\n    n += 1\n    print(n, flush=True)"),
    Flood("print to stderr", "import sys\nwhile True: print('x' * 200, file=sys.stderr)"),
    Flood("write to file descriptor 1", "import os\nwhile True: os.write(1, b'x' * 99 + b'\\n')"),
    Flood("print half a megabyte at a time", "while True: print('x' * 500_000)"),
    Flood("one line that never ends", "while True: print('x' * 1000, end='')"),
    Flood("displays", "n = 0\nwhile True:\n    n += 1\n    display(n)"),
    Flood(
        "updates of a display", "shown = display(0, display_id=True)\nwhile True: shown.update('x' * 1000)"
    ),
    Flood(
        "output that is cleared at once",
        "from IPython.display import clear_output\nwhile True:\n    clear_output()\n    print('x' * 1000)",
    ),
    Flood(
        "output of an interact's newer and newer states",
        RAW + "n = 0\nwhile True:\n    n += 1\n"
        "    send('stream', {'name': 'stdout', 'text': 'x' * 1000},"
        " {'interact': {'function_name': 'f', 'state': n}})",
    ),
    Flood(
        "pictures of 12 MB under a hundred names",
        RAW + "picture, n = 'x' * 11_900_000, 0\nwhile True:\n    n += 1\n"
        "    send('display_data', {'data': {'image/png': picture}},"
        " {'interact': {'function_name': f'f{n % 100}', 'state': n}})",
    ),
    Flood(
        "lists of lists of 12 MB",
        RAW + "lists, n = [[] for _ in range(3_900_000)], 0\nwhile True:\n    n += 1\n"
        "    send('display_data', {'data': {'application/json': lists}},"
        " {'interact': {'function_name': f'f{n % 100}', 'state': n}})",
    ),
    Flood(
        "single letters, each under a name of its own",
        RAW + "n = 0\nwhile True:\n    n += 1\n"
        "    send('stream', {'name': 'stdout', 'text': 'x'},"
        " {'interact': {'function_name': f'f{n}', 'state': 1}})",
        stops_within=1.5,  # each of the last needs a write of its own
    ),
    Flood("threads that print", "from threading import Thread\n"
          "def forever():\n    while True: print('x' * 100)\n"
          "for _ in range(4): Thread(target=forever, daemon=True).start()\n"
          "while True: print('y' * 100)"),
)  # fmt: skip

LINE_OF_100_MB = "print('x' * 100_000_000)\nprint('after')"
MILLION_DISPLAYS = RAW + "for n in range(1_000_000): send('display_data', {'data': {'text/plain': str(n)}})"
MILLION_OF_NO_KIND = RAW + "for n in range(1_000_000): send('made_up', {'n': n})"
