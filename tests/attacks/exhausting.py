"""Using all there is: processes, memory, disk, files, the processor; and dying in every way."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exhaustion:
    """Code that runs into a limit; `told` is what the reader sees: an error's name, or the reason of an end.

    `told` has several where it depends on which of two limits is met first.
    """

    name: str
    code: str
    told: tuple[str, ...]


EXHAUSTIONS = (
    Exhaustion(
        "a fork bomb",
        "import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.1)",
        ("limit:processes",),
    ),
    Exhaustion(
        "a bomb of threads",
        "from threading import Thread\nfrom time import sleep\n"
        "for _ in range(10_000): Thread(target=sleep, args=(60,)).start()",
        ("RuntimeError", "limit:processes"),
    ),
    Exhaustion("8 GB of memory", "held = bytearray(8 * 2**30)", ("MemoryError", "limit:memory")),
    Exhaustion(
        "8 GB of memory in small parts",
        "held = []\nwhile True: held.append(bytearray(2**20))",
        ("MemoryError", "limit:memory", "kernel_died"),
    ),
    Exhaustion(
        "8 GB of memory to the last byte",
        "held = []\nwhile True: held.append(bytearray(2**14))",
        ("MemoryError", "limit:memory"),
    ),
    Exhaustion(
        "8 GB of memory in several processes",
        "import os, time\n"
        "for _ in range(8):\n"
        "    if os.fork() == 0:\n"
        "        held = bytearray(700 * 2**20)\n"
        "        for at in range(0, len(held), 4096): held[at] = 1\n"
        "        time.sleep(30)\n"
        "time.sleep(30)",
        ("limit:memory",),
    ),
    Exhaustion(
        "8 GB of memory in processes whose first thread has ended",
        "import ctypes, os, threading, time\n"
        "def hold():\n"
        "    time.sleep(2)\n"
        "    held = bytearray(700 * 2**20)\n"
        "    for at in range(0, len(held), 4096): held[at] = 1\n"
        "    time.sleep(30)\n"
        "for _ in range(8):\n"
        "    if os.fork() == 0:\n"
        "        threading.Thread(target=hold).start()\n"
        "        ctypes.CDLL(None).syscall(60 if os.uname().machine == 'x86_64' else 93, 0)\n"
        "time.sleep(30)",
        ("limit:memory",),
    ),
    Exhaustion(
        "a full disk",
        "part = bytes(2**20)\nfor number in range(3):\n"
        "    with open(f'/tmp/full{number}' if number else 'full', 'wb') as file:\n"
        "        for _ in range(2000): file.write(part)",
        ("OSError",),
    ),
    Exhaustion(
        "a full disk in shared memory",
        "part = bytes(2**20)\nfile = open('/dev/shm/full', 'wb')\nfor _ in range(2000): file.write(part)",
        ("OSError",),
    ),
    Exhaustion("100,000 files", "for n in range(100_000): open(f'{n}', 'w').close()", ("OSError",)),
    Exhaustion("100,000 open files", "held = [open('/dev/null') for _ in range(100_000)]", ("OSError",)),
    Exhaustion(
        "memory without a file name",
        "import os\nheld = os.memfd_create('x')\nfor _ in range(8000): os.write(held, bytes(2**20))",
        ("OSError", "limit:memory", "MemoryError"),
    ),
    Exhaustion(
        "shared memory that is not resident",
        "import mmap, time\nheld = []\nfor _ in range(24):\n"
        "    held.append(mmap.mmap(-1, 64 * 2**20))\n"
        "    held[-1].write(bytes(64 * 2**20))\n"
        "    held[-1].madvise(mmap.MADV_DONTNEED)\n"
        "time.sleep(20)",
        ("limit:memory",),
    ),
)

DEATHS = (
    Exhaustion("os._exit", "import os; os._exit(3)", ("kernel_died",)),
    Exhaustion("kill -9 itself", "import os; os.kill(os.getpid(), 9)", ("kernel_died",)),
    Exhaustion("a fault in C", "import ctypes; ctypes.string_at(0)", ("kernel_died",)),
    Exhaustion(
        "kill -9 everybody it sees",
        "import os\ntry: os.kill(-1, 9)\nfinally: os.kill(os.getpid(), 9)",
        ("kernel_died",),
    ),
    Exhaustion(
        "close every file",
        "import os\nos.closerange(0, 1000)\nimport time; time.sleep(60)",
        ("kernel_died", "failed", "limit:output"),
    ),
    Exhaustion("os.abort", "import os; os.abort()", ("kernel_died",)),
)
