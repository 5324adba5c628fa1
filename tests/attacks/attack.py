"""An attack: code that a reader runs, what it would gain, and where it must not."""

import json
import textwrap
from dataclasses import dataclass, field
from typing import Any

MARK = "ATTACKS "
_HARNESS = """
import ctypes, glob, json, os, signal, socket, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    return libc.syscall(*arguments)
found = {}
def attempt(attack):
    try:
        found[attack.__name__] = bool(attack())
    except BaseException:
        found[attack.__name__] = False
"""


@dataclass(frozen=True)
class Theme:
    """Attempts that share a session; each is a function that returns whether it has got what it wanted.

    `bites`: names of those that do get it without a sandbox, so that a sandbox that is missing is noticed.
    (Whether the others do depends on the host's kernel.)
    """

    name: str
    source: str
    bites: frozenset[str] = field(default_factory=frozenset)

    @property
    def attempts(self) -> list[str]:
        lines = textwrap.dedent(self.source).splitlines()
        return [
            line[4:].partition("(")[0] for line in lines if line.startswith("def ") and line.endswith("():")
        ]

    def code(self, facts: dict[str, Any]) -> str:
        """The code of the cell. `facts` are what an attacker may have guessed: pids, paths, ports."""
        lines = [_HARNESS, f"facts = {facts!r}", textwrap.dedent(self.source)]
        lines += [f"attempt({name})" for name in self.attempts]
        lines += [f"print({MARK!r} + json.dumps(found))"]
        return "\n".join(lines)


def gained(text: str) -> dict[str, bool]:
    """What the code has told of each attempt."""
    [line] = [line for line in text.splitlines() if line.startswith(MARK)]
    found: dict[str, bool] = json.loads(line.removeprefix(MARK))
    return found
