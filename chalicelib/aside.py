"""Calls of AWS that go on beside another one. Each is waited for before the invocation ends."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
# The router serves one invocation at a time in a process on AWS, several in the local stack.
_threads = ThreadPoolExecutor(8, thread_name_prefix="aside")


def aside(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
    """Begin a call; its `result()` is the answer, or raises what the call has raised."""
    return _threads.submit(call, *args, **kwargs)
