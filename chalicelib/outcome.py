"""What came of a run: its messages, put together as SageMathCell's /service answers."""

from dataclasses import dataclass, field
from typing import Any

from chalicelib.frames import answer_length
from chalicelib.messages import END_TEXTS, Message, extension_of

_SHOWN = ("execute_result", "display_data", "update_display_data")


@dataclass
class Outcome:
    """Grows message by message; `sequence` is the last one's, `reply` the content of the execute_reply.

    `is_full`: the next message would have made it larger than `limit` bytes.
    """

    limit: int
    sequence: int = 0
    size: int = 0
    is_full: bool = False
    has_ended: bool = False
    streams: dict[str, list[str]] = field(default_factory=lambda: {"stdout": [], "stderr": []})
    results: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    reply: dict[str, Any] | None = None

    def add(self, messages: list[Message]) -> None:
        for message in messages:
            self.size += answer_length(message)
            if self.size > self.limit:
                self.is_full = True
                return
            self._take(message)
            self.sequence = message["sequence"]

    def _take(self, message: Message) -> None:
        msg_type, content = message["header"]["msg_type"], _content(message)
        if msg_type == "stream":
            name = "stderr" if content.get("name") == "stderr" else "stdout"
            self.streams[name].append(str(content.get("text", "")))
        elif msg_type in _SHOWN:
            self._show(msg_type, content)
        elif msg_type == "error":
            self.error = content
        elif msg_type == "execute_reply":
            self.reply = content
        elif made := extension_of(message, "files"):
            self.files = _files(made.get("files"))
        elif end := extension_of(message, "computation_end"):
            self.end(str(end.get("reason")))

    def _show(self, msg_type: str, content: dict[str, Any]) -> None:
        """Keep what a cell would show; an update takes the place of what it updates."""
        transient = content.pop("transient", None)
        name = transient.get("display_id") if isinstance(transient, dict) else None
        if msg_type == "update_display_data":
            same = [shown for shown in self.results if name is not None and shown.get("display_id") == name]
            for shown in same:
                shown |= content
            return
        self.results.append({**content, **({"display_id": name} if name is not None else {})})

    def end(self, reason: str) -> None:
        """The session is over. One that ends before its reply has been stopped, or its kernel has."""
        if not self.is_over:
            self.error = _error("SessionEnded", END_TEXTS.get(reason, reason), reason=reason)
        self.has_ended = True

    def fail(self, ename: str, evalue: str) -> None:
        """Say why there is no reply, unless the run itself has said what is wrong."""
        self.error = self.error or _error(ename, evalue)

    @property
    def is_over(self) -> bool:
        return self.reply is not None or self.is_full or self.has_ended

    def answer(self) -> dict[str, Any]:
        """As SageMathCell has it; what there is none of is absent."""
        found = {"error": self.error, "execute_reply": self.reply}
        return {
            "success": self.reply is not None and self.reply.get("status") == "ok",
            "stdout": "".join(self.streams["stdout"]),
            "stderr": "".join(self.streams["stderr"]),
            "results": self.results,
            "files": self.files,
            **{name: content for name, content in found.items() if content is not None},
        }


def _content(message: Message) -> dict[str, Any]:
    """That of a message which is too large for a websocket is a link."""
    payload = message["metadata"].get("payload")
    return {"payload": payload} if payload else dict(message["content"])


def _files(told: Any) -> list[dict[str, Any]]:
    """Names and sizes, as far as a kernel has told any: it may have told anything."""
    files = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return [
        {"name": one["name"], "size": one["size"]}
        for one in files
        if isinstance(one.get("name"), str) and isinstance(one.get("size"), int)
    ]


def _error(ename: str, evalue: str, **details: Any) -> dict[str, Any]:
    return {"ename": ename, "evalue": evalue, "traceback": [], **details}
