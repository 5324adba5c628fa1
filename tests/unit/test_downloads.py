"""A file that the reader asked for is no output; what a kernel sends unasked is."""

from chalicelib.messages import Message, make
from device_agent.downloads import MOST_ASKED, MOST_BYTES, Downloads


def asked(downloads: Downloads) -> Message:
    request = make("download_request", "shell", {"name": "a"})
    downloads.note(request)
    return request


def reply(request: Message, msg_type: str = "download_reply") -> Message:
    return make(msg_type, "shell", {}, request["header"])


def test_the_first_answer_to_a_request_counts_as_nothing_and_every_other_counts() -> None:
    downloads = Downloads()
    request = asked(downloads)
    assert downloads.weight(reply(request, "stream"), 9) == 9
    assert downloads.weight(reply(request), 8_000_000) == 0
    assert downloads.weight(reply(request), 8_000_000) == 8_000_000
    assert downloads.weight(reply(make("download_request", "shell", {})), 9) == 9


def test_all_files_of_a_session_together_are_bounded() -> None:
    downloads = Downloads()
    size = 8_000_000
    weights = [downloads.weight(reply(asked(downloads)), size) for _ in range(MOST_BYTES // size + 3)]
    assert weights.count(0) == MOST_BYTES // size
    assert weights[-3:] == [size] * 3


def test_only_so_many_requests_are_remembered() -> None:
    downloads = Downloads()
    requests = [asked(downloads) for _ in range(MOST_ASKED + 1)]
    assert downloads.weight(reply(requests[0]), 9) == 9
    assert downloads.weight(reply(requests[1]), 9) == 0
