"""The agent's log: JSON lines in its state directory and to whatever is no terminal, plain text there."""

import json
import logging
import logging.handlers
import sys
from datetime import UTC, datetime
from pathlib import Path

MAX_BYTES, KEPT = 5 * 2**20, 4
_MAX_SECRETS = 100
_HIDDEN = "***"
_secrets: list[str] = []


def file_of(state_dir: Path) -> Path:
    return state_dir / "log" / "agent.jsonl"


def hide(secret: str) -> None:
    """From now on this text is in no line of the log, whoever logs it."""
    if secret:
        _secrets.append(secret)
        del _secrets[:-_MAX_SECRETS]


def _without_secrets(text: str) -> str:
    for secret in _secrets:
        text = text.replace(secret, _HIDDEN)
    return text


class JsonLines(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `logger`, `message`, and `error` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _without_secrets(json.dumps(line, ensure_ascii=False))


class Plain(logging.Formatter):
    """For people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return _without_secrets(super().format(record))


class File(logging.handlers.RotatingFileHandler):
    """A full disk takes nothing from the agent but this file's lines; they are on stderr, too."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass


def set_up(state_dir: Path, level: str) -> None:
    """Log to stderr and to a file that is renewed at 5 MB, four older ones are kept."""
    stderr = logging.StreamHandler()
    stderr.setFormatter(Plain() if sys.stderr.isatty() else JsonLines())
    path = file_of(state_dir)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = File(path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")
    file.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[stderr, file], force=True)
    logging.getLogger("device_agent").setLevel(level)


def in_words(line: str) -> str:
    """A line of the file as people read it; what is no line of ours stays as it is."""
    try:
        content = json.loads(line)
        text = f"{content['time']} {content['level']} {content['message']}"
    except (ValueError, KeyError, TypeError):
        return line
    return text + (f"\n{content['error']}" if "error" in content else "")
