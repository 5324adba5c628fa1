"""Attacks of kernel code on everything outside of its session."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from tests.attacks.attack import Theme, gained
from tests.attacks.conftest import Target
from tests.attacks.escaping import ESCAPES
from tests.attacks.exhausting import DEATHS, EXHAUSTIONS, Exhaustion
from tests.attacks.reading import NETWORK, SECRETS, SIBLINGS
from tests.integration.client import Client, execute, request, type_of

THEMES = (SECRETS, NETWORK, SIBLINGS, ESCAPES)
SIBLING = """
import ctypes, socket, pathlib
pathlib.Path("sibling-secret").write_text("x")
pathlib.Path("/dev/shm/sibling-secret").write_text("x")
ctypes.CDLL(None).shmget(0x51B1, 4096, 0o1666)
listener = socket.socket(socket.AF_UNIX)
listener.bind(chr(0) + "sibling-secret")
listener.listen()
"""


@contextlib.asynccontextmanager
async def session(target: Target, code: str = "1") -> AsyncIterator[Client]:
    """A session that has run the code; it ends with the test."""
    async with await Client.connect(target.live.websocket) as client:
        await client.hello(idle_timeout=600)
        await client.run(code, 30)
        try:
            yield client
        finally:  # an attack that has succeeded shall not go on beside the other tests
            if not client.of_type("computation_end"):
                await client.send(request("shutdown_request", "control", {}))
                await client.until(lambda message: type_of(message) == "computation_end")


async def answers_within_a_second(neighbour: Client, what: str) -> None:
    began = time.monotonic()
    await neighbour.run("print('here')")
    assert time.monotonic() - began < 1, f"the neighbour was slow after {what}"


async def attack(target: Target, theme: Theme) -> dict[str, bool]:
    """What the attempts of a theme have gained, while a sibling session is there."""
    async with session(target, SIBLING) as sibling, session(target) as attacker:
        await attacker.run(theme.code(target.facts), 40)
        found = gained(attacker.text())
        await answers_within_a_second(sibling, theme.name)
    return found


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_what_a_session_gains(target: Target, theme: Theme) -> None:
    found = await attack(target, theme)
    assert list(found) == theme.attempts
    if target.level == "none":
        assert theme.bites <= {name for name, got in found.items() if got}
    else:
        assert [name for name, got in found.items() if got] == []


async def exhaust(target: Target, exhaustion: Exhaustion) -> str:
    """What the reader is told: the reason of the end, or else the name of the error."""
    async with session(target) as neighbour, session(target) as attacker:
        await attacker.send(execute(exhaustion.code))
        await attacker.until(lambda message: type_of(message) in {"error", "computation_end"}, 40)
        await answers_within_a_second(neighbour, exhaustion.name)
        ends = attacker.of_type("computation_end")
        if ends:
            return str(ends[0]["content"]["content"]["reason"])
        return str(attacker.of_type("error")[0]["content"]["ename"])


@pytest.mark.parametrize("exhaustion", (*EXHAUSTIONS, *DEATHS), ids=lambda exhaustion: exhaustion.name)
async def test_who_uses_all_there_is_hurts_nobody_and_is_told(
    enclosed: Target, exhaustion: Exhaustion
) -> None:
    assert await exhaust(enclosed, exhaustion) in exhaustion.told


async def test_descriptors_on_the_way_keep_no_kernel_from_starting(enclosed: Target) -> None:
    async with session(enclosed) as attacker:
        await attacker.run(
            "import array, os, socket\n"
            "files, held = array.array('i', [os.open('/dev/null', 0)] * 250), []\n"
            "try:\n"
            "    while True:\n"
            "        held.append(socket.socketpair())\n"
            "        held[-1][0].sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])\n"
            "except OSError as error: print(error)",
        )
        for _ in range(3):  # more than stood ready
            async with session(enclosed) as newcomer:
                await answers_within_a_second(newcomer, "descriptors on the way")


async def test_nothing_of_a_session_is_left_when_it_has_ended(enclosed: Target) -> None:
    async with session(enclosed) as attacker:
        await attacker.run(
            "import os, subprocess, time\n"
            "for name in ('etc', 'passwords'): os.symlink('/etc/passwd', name)\n"
            f"os.symlink({enclosed.facts['work']!r}, 'away')\n"
            "subprocess.Popen('setsid nohup sleep 98765 & setsid sh -c \"trap : TERM HUP; sleep 98765\" &',"
            " shell=True, stdout=-3, stderr=-3); time.sleep(0.5)",
        )
        assert await asyncio.to_thread(enclosed.processes_with, "sleep 98765")
        await attacker.send(request("shutdown_request", "control", {}))
        await attacker.until(lambda message: type_of(message) == "computation_end")
        async with asyncio.timeout(5):
            while await asyncio.to_thread(enclosed.processes_with, "sleep 98765"):
                pass


@pytest.fixture
async def pair(enclosed: Target) -> AsyncIterator[tuple[Client, Client]]:
    async with session(enclosed) as one, session(enclosed) as other:
        yield one, other


async def test_forged_messages_change_nothing_but_the_forgers_own_output(pair: tuple[Client, Client]) -> None:
    forger, other = pair
    before = list(other.received)
    await forger.run(
        f"""
kernel = get_ipython().kernel
def forge(msg_type, content, channel=None, **more):
    message = kernel.session.msg(msg_type, content=content, parent=kernel.get_parent("shell"))
    message.update(more)
    kernel.session.send(kernel.iopub_socket, message)
for name in ("session", "session_id", "sequence", "epoch", "token"):
    forge("stream", {{"name": "stdout", "text": "forged"}}, **{{name: {other.session!r}}})
forge("hello_reply", {{"session": {other.session!r}, "token": "x", "status": "ok"}})
forge("stream", {{"name": "stdout", "text": "forged"}},
      metadata={{"interact": {{"function_name": "f", "state": 10**9}}, "session": {other.session!r},
                "payload": {{"key": "../../other", "bucket": "x"}}}})
forge("extension", {{"msg_type": "interact_update", "content": {{"function_name": "f"}}}})
forge("status", {{"execution_state": "starting"}})
forge("x" * 1000, {{"deep": [[[[[[[[[]]]]]]]]]}})
print("done")
"""
    )
    assert "done" in forger.text()
    assert forger.sequences == list(range(1, len(forger.sequences) + 1))
    assert all(message.get("session") is None and "token" not in message for message in forger.received)
    assert other.received == before
    await answers_within_a_second(other, "forged messages")


async def test_bytes_that_are_no_message_end_the_session_and_nothing_else(
    pair: tuple[Client, Client],
) -> None:
    forger, other = pair
    await forger.send(
        execute(
            "kernel = get_ipython().kernel\n"
            "for parts in ([b'x'], [b'<IDS|MSG>'], [b'a', b'<IDS|MSG>', b'bad', *[b'{}'] * 4],\n"
            "              [b'a', b'<IDS|MSG>', b'', b'[' * 100000, b'{', b'1', b'null']):\n"
            "    kernel.iopub_socket.send_multipart(parts)\n"
            "print('done')"
        )
    )
    await forger.until(
        lambda message: type_of(message) == "computation_end" or "done" in str(message.get("content")), 20
    )
    await answers_within_a_second(other, "what is no message")
