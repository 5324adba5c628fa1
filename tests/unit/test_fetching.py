"""What a browser has put away is fetched with patience and within bounds; what is newer takes its place."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from chalicelib.errors import LongwireError, MessageTooLarge, UploadLost
from chalicelib.messages import Message, interact_of, make
from device_agent.fetching import Fetched, Fetching

WHOLE = b'{"content": {"code": "1"}, "buffers": []}'


class Store(BaseHTTPRequestHandler):
    """Answers one after the other; the last one for ever. A redirect leads to a secret."""

    answers: ClassVar[list[tuple[int, bytes]]] = []
    goes_on: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self.goes_on.wait(10)
        answers = self.answers
        status, body = (200, WHOLE) if self.path == "/secret" else answers[0]
        if len(answers) > 1:
            del answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "/secret")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Store.goes_on.set()
    yield f"http://127.0.0.1:{server.server_port}/x"
    Store.goes_on.set()
    server.shutdown()
    server.server_close()


def request(url: str, state: int = 0) -> Message:
    metadata: dict[str, object] = {"payload": {"upload": "0" * 32, "url": url}}
    if state:
        metadata["interact"] = {"function_name": "f", "values": {}, "state": state}
    return make("execute_request", "shell", {}, metadata=metadata)


async def fetched(message: Message) -> Fetched:
    done = asyncio.Event()
    fetching = Fetching(done.set)
    fetching.begin("key", message)
    assert fetching
    await asyncio.wait_for(done.wait(), 20)
    found = fetching.take()
    assert found
    assert not fetching
    return found


async def test_trouble_that_passes_is_waited_out(url: str) -> None:
    Store.answers = [(503, b""), (500, b""), (200, WHOLE)]
    key, message, error = await fetched(request(url))
    assert (key, message["content"], error) == ("key", {"code": "1"}, None)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(404, b"")], UploadLost),
        ([(403, b"signature=secret")], UploadLost),
        ([(302, b"")], UploadLost),
        ([(200, b"x" * 12_000_000)], MessageTooLarge),
        ([(200, b"{")], LongwireError),
    ],
)
async def test_what_is_not_there_or_not_right_is_an_error_in_words(
    url: str, answers: list[tuple[int, bytes]], kind: type[LongwireError]
) -> None:
    Store.answers = answers
    _, message, error = await fetched(request(url))
    assert isinstance(error, kind)
    assert "secret" not in error.text
    assert message["content"] == {}


async def test_nobody_there_is_an_error_too() -> None:
    _, _, error = await fetched(request("http://127.0.0.1:9/x"))
    assert isinstance(error, UploadLost)


async def test_a_newer_change_takes_the_place_of_one_that_is_fetched_and_an_older_does_not(url: str) -> None:
    Store.answers = [(200, WHOLE)]
    Store.goes_on.clear()
    fetching = Fetching(lambda: None)
    fetching.begin("interact#f", request(url, state=5))
    fetching.forget_older(request(url, state=4))
    assert fetching
    fetching.forget_older(request(url, state=6))
    assert not fetching
    assert fetching.take() is None


async def test_a_stop_ends_the_waiting_and_is_told(url: str) -> None:
    Store.answers = [(200, WHOLE)]
    Store.goes_on.clear()
    done = asyncio.Event()
    fetching = Fetching(done.set)
    fetching.begin("key", request(url, state=5))
    fetching.stop()
    await asyncio.wait_for(done.wait(), 5)
    found = fetching.take()
    assert found
    assert interact_of(found[1]) == ("f", 5)
    assert isinstance(found[2], UploadLost)


async def test_a_stop_between_the_end_of_the_fetch_and_its_turn_is_not_lost(url: str) -> None:
    Store.answers = [(200, WHOLE)]
    done = asyncio.Event()
    fetching = Fetching(done.set)
    fetching.begin("key", request(url))
    await asyncio.wait_for(done.wait(), 5)
    fetching.stop()
    found = fetching.take()
    assert found
    assert isinstance(found[2], UploadLost)
    done.clear()
    fetching.begin("next", request(url))
    await asyncio.wait_for(done.wait(), 5)
    found = fetching.take()
    assert found
    assert found[2] is None
