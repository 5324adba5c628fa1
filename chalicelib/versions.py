"""Which of two versions is the older one."""

import re

MAX_LENGTH = 40


def is_older(version: str, than: str) -> bool:
    """By their first three numbers; what has none counts as 0."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(number) for number in re.findall(r"[0-9]+", version[:MAX_LENGTH])[:3]]
    return tuple(found + [0] * (3 - len(found)))
