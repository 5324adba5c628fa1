"""A kernel's messages as the agent takes them: what others could not read is emptied."""

from typing import Any

import pytest

from chalicelib.messages import Message
from chalicelib.parsing import MAX_DEPTH
from device_agent.untrusted import as_message


def nested(depth: int) -> dict[str, Any]:
    """An object so deep, whose inner lists are made without recursion."""
    inner: list[Any] = []
    for _ in range(depth - 2):
        inner = [inner]
    return {"data": inner}


def heard(content: Any, metadata: dict[str, Any] | None = None) -> Message:
    header = {"msg_id": "1", "msg_type": "display_data"}
    raw = {"header": header, "parent_header": {}, "metadata": metadata or {}, "content": content}
    return as_message({**raw, "buffers": []}, "iopub")


def test_content_as_deep_as_the_service_reads_passes_unchanged() -> None:
    assert heard(nested(MAX_DEPTH))["content"] == nested(MAX_DEPTH)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 960, 100_000])
def test_content_and_metadata_that_are_deeper_are_emptied_and_the_mark_stays(depth: int) -> None:
    mark = {"interact": {"function_name": "f", "state": 1}}

    message = heard(nested(depth), {**nested(depth), **mark})

    assert message["content"] == {}
    assert message["metadata"] == mark
