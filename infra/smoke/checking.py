"""Runs checks one after the other and tells a line of each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.smoke.errors import Failed, NotApplicable
from infra.smoke.target import Target

SECONDS = 90.0
"""For one check: a first kernel of a device takes some seconds, a rate limit's minute is not waited for."""

Check = Callable[[Target], Awaitable[str]]
"""Looks at one thing and says what it saw; its docstring is its name.

:raises Failed: it is not so; NotApplicable: it cannot be seen here.
"""
Mark = Literal["ok", "FAIL", "skip"]


@dataclass(frozen=True)
class Finding:
    """What came of one check; `seconds` that it took."""

    mark: Mark
    name: str
    words: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.mark:<4}  {self.name}: {self.words} ({self.seconds:.1f} s)"


def name_of(check: Check) -> str:
    return (check.__doc__ or "").strip().splitlines()[0].rstrip(".")


async def found(check: Check, target: Target) -> Finding:
    """A check that breaks has failed, whatever it broke on."""
    began = time.monotonic()
    mark: Mark = "FAIL"
    try:
        async with asyncio.timeout(SECONDS):
            words, mark = await check(target), "ok"
    except NotApplicable as error:
        words, mark = str(error), "skip"
    except Failed as error:
        words = str(error)
    except TimeoutError:
        words = "did not come to an end"
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
    return Finding(mark, name_of(check), words, time.monotonic() - began)


async def all_found(checks: Sequence[Check], target: Target, say: Callable[[str], None]) -> list[Finding]:
    """Tell each finding when it is there, and return all."""
    findings = []
    for check in checks:
        findings.append(await found(check, target))
        say(str(findings[-1]))
    return findings


def summary(findings: Sequence[Finding]) -> str:
    counts = {mark: sum(finding.mark == mark for finding in findings) for mark in ("ok", "FAIL", "skip")}
    return f"{counts['ok']} ok, {counts['FAIL']} failed, {counts['skip']} skipped"


def expect(is_so: object, words: str) -> None:
    """:raises Failed: it is not so."""
    if not is_so:
        raise Failed(words)
