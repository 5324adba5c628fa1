"""The rules of one kernel's executions, without I/O: what runs, whose output it is, what leaves when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from chalicelib.messages import Message, interact_of, is_settled, make
from chalicelib.schemas import MAX_FUNCTION_NAME
from device_agent.captures import Captures
from device_agent.preemption import Preemption

MAX_FUNCTIONS = 10_000
"""Of how many functions a session is remembered at most; a kernel can make up as many names as it likes."""

MOST_TOLD = 200_000
"""Bytes of states that are told the service at a time; its names may be a browser's inventions."""


@dataclass
class Run:
    """An execution that the kernel has: its request, and the reply or idle that came without the other.

    A message to a comm is one, too: it runs the program's callbacks. It has no reply.
    """

    key: str
    request: Message
    reply: Message | None = None
    idle: Message | None = None
    preempted: bool = False

    @property
    def msg_id(self) -> str:
        return self.request["header"]["msg_id"]

    @property
    def interact(self) -> tuple[str, int] | None:
        return interact_of(self.request)

    @property
    def is_answered(self) -> bool:
        """Whether nothing more comes of it."""
        has_reply = self.request["header"]["msg_type"] == "execute_request"
        return self.idle is not None and (self.reply is not None or not has_reply)

    @property
    def stamp(self) -> dict[str, Any]:
        """The metadata of what the execution causes."""
        if self.interact is None:
            return {}
        name, state = self.interact
        return {"interact": {"function_name": name, "state": state}}


@dataclass
class Runs:
    """One execution at a time; `idle` leaves last, after the reply, after all output."""

    current: Run | None = None
    states: dict[str, int] = field(default_factory=dict)
    """The newest state of each function that was taken."""
    preempting: set[str] = field(default_factory=set)
    """Functions that asked to be interrupted by a newer change."""
    preemption: Preemption = field(default_factory=Preemption)
    captures: Captures = field(default_factory=Captures)
    interactive: bool = False
    """Whether the session made an interact, opened a comm, or has files: such a session waits for more."""

    def newest_states(self) -> dict[str, int]:
        """As many of the newest as the service may be told: what it gives again is not run again."""
        kept: dict[str, int] = {}
        size = 0
        for name in reversed(self.states):
            size += len(json.dumps(name)) + 20
            if size > MOST_TOLD:
                break
            kept[name] = self.states[name]
        return kept

    def begin(self, key: str, request: Message) -> None:
        self.current = Run(key, request)
        self.note(request)
        self.interactive |= request["header"]["msg_type"] == "upload_request"

    def note(self, request: Message) -> None:
        """It is its turn: what is older is not run any more."""
        if mark := interact_of(request):
            self.states[mark[0]] = max(mark[1], self.states.pop(mark[0], 0))

    def preempts_in(self, changes: Mapping[str, Message]) -> float | None:
        """In how many seconds what runs now is to be interrupted, since a newer state of its function waits,
        if nothing newer comes until then; None if it is to be left alone.

        :param changes: those that wait, by function.
        """
        run = self.current
        if run is None or run.preempted or run.interact is None:
            return None
        name, state = run.interact
        newer = changes.get(name)
        mark = interact_of(newer) if newer else None
        if newer is None or mark is None or name not in self.preempting or mark[1] <= state:
            return None
        return self.preemption.due_in(name, is_settled(newer))

    def preempted(self) -> None:
        """What runs now is interrupted."""
        if self.current and self.current.interact:
            self.current.preempted = True
            self.preemption.stopped(self.current.interact[0])

    def leaves(self, message: Message) -> list[Message]:
        """What leaves now, in order, when the kernel has sent `message`."""
        if message["content"].get("msg_type") == "computation_end":
            return []  # not a kernel's to say
        self._learn(message)
        message = self.captures.stamped(message)
        run = self.current
        if run is None or message["parent_header"].get("msg_id") != run.msg_id:
            return [message]
        if run.interact and interact_of(message) is None:
            message = {**message, "metadata": {**message["metadata"], **run.stamp}}
        if message["channel"] == "shell":
            run.reply = message
        elif message["content"].get("execution_state") == "idle":
            run.idle = message
        elif run.preempted and message["header"]["msg_type"] == "error":
            return []  # the KeyboardInterrupt that the preemption itself made
        else:
            return [message]
        return self.finish() if run.is_answered else []

    def refuse(self, reply: Message) -> None:
        """The execution is not given to the kernel: this is its reply."""
        if self.current:
            self.current.reply = cast(
                Message, {**reply, "metadata": {**reply["metadata"], **self.current.stamp}}
            )

    def finish(self) -> list[Message]:
        """The execution is over; what was held of it leaves."""
        run, self.current = self.current, None
        if run is None:
            return []
        if run.interact and not run.preempted:
            self.preemption.ran(run.interact[0])
        return [message for message in (run.reply, run.idle) if message is not None]

    def finish_half(self) -> list[Message]:
        """The execution is over, though half of its answer is missing: for an `idle` somebody waits."""
        if self.current and self.current.idle is None:
            header, stamp = self.current.request["header"], self.current.stamp
            self.current.idle = make("status", "iopub", {"execution_state": "idle"}, header, stamp)
        return self.finish()

    def _learn(self, message: Message) -> None:
        msg_type = message["header"]["msg_type"]
        inner = message["content"].get("msg_type") if msg_type == "extension" else None
        self.interactive |= msg_type == "comm_open" or inner in ("interact_start", "files")
        if inner != "interact_start":
            return
        content: Any = message["content"].get("content")
        if not isinstance(content, dict) or not isinstance(content.get("function_name"), str):
            return
        name, options = content["function_name"], content.get("options")
        wants = isinstance(options, dict) and options.get("preempt") is True
        if wants and len(name) <= MAX_FUNCTION_NAME and len(self.preempting) < MAX_FUNCTIONS:
            self.preempting.add(name)
        else:
            self.preempting.discard(name)
