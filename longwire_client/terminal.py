"""Shows a session's messages on a terminal, as running the file here would."""

import getpass
import re
import sys
from typing import Any

from longwire_client.session import Message, Session

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """What was shown of a session; `succeeded` once its request was answered well."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.succeeded = False
        self.has_ended = False

    def show(self, message: Message) -> None:
        content: dict[str, Any] = message["content"]
        match message["header"]["msg_type"]:
            case "stream":
                _write(content["text"], is_error=content["name"] == "stderr")
            case "execute_result" | "display_data":
                text = content["data"].get("text/plain")
                _write(f"{text}\n" if text else "", is_error=False)
            case "error":
                text = "\n".join(content["traceback"]) + "\n"
                _write(text if sys.stderr.isatty() else _COLOURS.sub("", text), is_error=True)
            case "input_request":
                ask = getpass.getpass if content.get("password") else _ask
                self._session.reply(ask(content.get("prompt", "")))
            case "execute_reply":
                self.succeeded = content.get("status") == "ok"
            case "extension" if content.get("msg_type") == "computation_end":
                self.has_ended = True
                _write(f"{content['content'].get('text', '')}\n", is_error=True)


def _ask(prompt: str) -> str:
    """A program that asks when nothing more can be read gets an empty line."""
    try:
        return input(prompt)
    except EOFError:
        return ""


def _write(text: str, is_error: bool) -> None:
    stream = sys.stderr if is_error else sys.stdout
    stream.write(text)
    stream.flush()
