"""Files in and out of a session's directory: what is told, what is given, and what is refused."""

from typing import Any

import pytest
from kernel_driver import Kernel

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ask(kernel: Kernel, msg_type: str, name: Any, buffers: list[bytes] | None = None) -> dict[str, Any]:
    """The reply to a request about a file, its buffers as bytes."""
    session = kernel.client.session
    message = session.msg(msg_type, {"name": name})
    session.send(kernel.client.shell_channel.socket, message, buffers=buffers)
    outcome = await kernel.outcome(message["header"]["msg_id"])
    reply = outcome.reply
    return {**reply, "buffers": [bytes(part) for part in reply["buffers"]]}


async def add(kernel: Kernel, name: Any, data: bytes = b"x") -> dict[str, Any]:
    reply = await ask(kernel, "upload_request", name, [data])
    return dict(reply["content"])


async def read(kernel: Kernel, name: Any) -> tuple[dict[str, Any], list[bytes]]:
    reply = await ask(kernel, "download_request", name)
    return dict(reply["content"]), reply["buffers"]


async def told(kernel: Kernel, code: str) -> list[dict[str, Any]]:
    """The files of which a run tells."""
    return [file for told in (await kernel.run(code)).inner("files") for file in told["files"]]


async def test_a_file_that_is_added_is_there_for_the_code_and_is_not_told_of(kernel: Kernel) -> None:
    assert await add(kernel, "größe.csv", b"1,2\n") == {"status": "ok", "name": "größe.csv", "size": 4}
    assert await add(kernel, "empty", b"") == {"status": "ok", "name": "empty", "size": 0}
    outcome = await kernel.run("print(open('größe.csv').read(), len(open('empty').read()))")
    assert outcome.text(None) == "1,2\n 0\n"
    assert not outcome.inner("files")


async def test_a_run_tells_what_files_it_made_or_changed_and_each_can_be_read(kernel: Kernel) -> None:
    files = await told(kernel, "open('a.txt', 'w').write('one'); open('none', 'w').close()")
    assert sorted(files, key=lambda file: str(file["name"])) == [
        {"name": "a.txt", "size": 3},
        {"name": "none", "size": 0},
    ]
    assert await read(kernel, "a.txt") == ({"status": "ok", "name": "a.txt", "size": 3}, [b"one"])
    assert await read(kernel, "none") == ({"status": "ok", "name": "none", "size": 0}, [b""])
    assert await told(kernel, "open('a.txt').read()") == []
    assert await told(kernel, "open('a.txt', 'a').write('!')") == [{"name": "a.txt", "size": 4}]


async def test_what_a_change_of_controls_makes_is_told_of(kernel: Kernel) -> None:
    await kernel.run("@interact\ndef f(n=slider(1, 9, step=1)):\n    open('f.txt', 'w').write('x' * n)")
    outcome = await kernel.change("f", 9, n=5)
    assert [file for one in outcome.inner("files") for file in one["files"]] == [{"name": "f.txt", "size": 5}]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "", " ", ".", "..", ".bashrc", "-rf", "a\nb",
        "a\0b", "\u202egpj.exe", "a\u200bb", "x" * 101, "ü" * 100 + "ü", None, 7, ["a"],
    ],
)  # fmt: skip
async def test_a_name_that_is_no_plain_name_is_refused(kernel: Kernel, name: Any) -> None:
    for content in (await add(kernel, name), (await read(kernel, name))[0]):
        assert (content["ename"], content["field"]) == ("FileError", "content.name")
        assert content["evalue"].startswith("name: ")


async def test_links_pipes_devices_and_folders_are_neither_read_nor_written(kernel: Kernel) -> None:
    code = """
import os, socket
os.symlink('/etc/passwd', 'link'); os.symlink('nowhere', 'dangling'); os.mkfifo('pipe'); os.mkdir('folder')
socket.socket(socket.AF_UNIX).bind('socket')
"""
    assert await told(kernel, code) == []
    for name in ("link", "dangling", "pipe", "folder", "socket"):
        assert (await read(kernel, name))[0]["status"] == "error"
        refused = await add(kernel, name, b"mine")
        assert refused["evalue"] == f"{name} is there already, and is not a file"
    outcome = await kernel.run("print(os.path.islink('link'), os.path.exists('nowhere'))")
    assert outcome.text(None) == "True False\n"


async def test_of_10_000_files_the_20_newest_of_those_that_were_looked_at_are_told(kernel: Kernel) -> None:
    files = await told(kernel, "for n in range(10_000): open(f'n{n}', 'w').close()")
    assert len(files) == 20
    await kernel.run("import glob\nfor name in glob.glob('n*'): os.remove(name)")


async def test_hidden_and_hostile_names_are_not_told(kernel: Kernel) -> None:
    code = "for name in ('.secret', 'a\\nb', 'x\\u202ey', '-rf', 'good'): open(name, 'w').close()"
    assert await told(kernel, code) == [{"name": "good", "size": 0}]


async def test_a_file_that_is_too_large_or_grows_without_end_is_refused(kernel: Kernel) -> None:
    await kernel.run("open('large', 'w').truncate(8_000_001)")
    content, buffers = await read(kernel, "large")
    assert content["evalue"] == "large has more than the 8000000 bytes that can be downloaded"
    assert buffers == []
    assert "8000001 bytes are more" in (await add(kernel, "too", b"x" * 8_000_001))["evalue"]
    growing = "import threading\nfile = open('grows', 'wb')\nmore = True\n"
    growing += "def grow():\n    while more: file.write(bytes(1 << 20)) if file.tell() < 1 << 28 else 0\n"
    await kernel.run(growing + "threading.Thread(target=grow).start()\nwhile file.tell() < 1 << 23: pass")
    assert (await read(kernel, "grows"))[0]["status"] == "error"
    await kernel.run("more = False\nos.remove('grows')")


async def test_what_is_added_takes_the_place_of_an_older_file_whole(kernel: Kernel) -> None:
    await add(kernel, "twice", b"a long first text")
    await add(kernel, "twice", b"short")
    assert (await read(kernel, "twice"))[1] == [b"short"]
    outcome = await kernel.run("print([name for name in os.listdir() if name.startswith('.part')])")
    assert outcome.text(None) == "[]\n"


async def test_a_directory_that_is_gone_is_an_error_in_words(kernel: Kernel) -> None:
    await kernel.run("import shutil\nhere = os.getcwd()\nshutil.move(here, here + '-away')")
    assert "directory is gone" in (await add(kernel, "a"))["evalue"]
    assert "directory is gone" in (await read(kernel, "a.txt"))[0]["evalue"]
    await kernel.run("shutil.move(here + '-away', here)")
