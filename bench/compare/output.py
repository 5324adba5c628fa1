"""Much output: 10,000 lines, each flushed, and one image of 1 and of 8 MB; how much arrives, and when."""

from bench.compare.collected import Collected
from bench.compare.session import Answer, Way, Ways, run, started

LINES = 10_000
MEGABYTES = (1, 8)
SECONDS = 120.0
IMAGE = """
import os
from IPython.display import Image, display
display(Image(data=os.urandom({bytes}), format="png"))
"""


async def measure(ways: Ways, collected: Collected, rounds: int) -> None:
    for _ in range(rounds):
        for name, way in ways.items():
            answer = await _run(way, f"for i in range({LINES}):\n    print(i, flush=True)")
            arrived = len(_printed(answer).splitlines())
            _add(collected, f"lines/{name}", answer, arrived, "lines")
        for megabytes in MEGABYTES:
            for name, way in ways.items():
                answer = await _run(way, IMAGE.format(bytes=megabytes * 2**20))
                arrived = _image_bytes(answer) // 2**20
                _add(collected, f"image_{megabytes}_mb/{name}", answer, arrived, "MB")


def _add(collected: Collected, name: str, answer: Answer | None, arrived: int, unit: str) -> None:
    collected.add(f"{name}/arrived", arrived, unit)
    if answer:
        collected.add_seconds(f"{name}/done", answer.done)
        collected.add(f"{name}/received", answer.received, "bytes")


async def _run(way: Way, code: str) -> Answer | None:
    """In a kernel of its own; None when the answer never came whole."""
    async with started(way) as session:
        await run(session, "print(1)")
        try:
            return await run(session, code, SECONDS)
        except (TimeoutError, RuntimeError):
            return None


def _printed(answer: Answer | None) -> str:
    streams = (
        [message["content"] for message in answer.outputs if "text" in message["content"]] if answer else []
    )
    return "".join(content["text"] for content in streams if content["name"] == "stdout")


def _image_bytes(answer: Answer | None) -> int:
    outputs = answer.outputs if answer else []
    images = [message["content"].get("data", {}).get("image/png", "") for message in outputs]
    return sum(len(image.replace("\n", "")) for image in images) * 3 // 4
